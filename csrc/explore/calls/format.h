/* SPDX-License-Identifier: MIT */
/*
 * format: what printf and its family read and write beside their result.
 *
 * Why       `%s` reads a text that another thread may be writing, `%n` writes. The library does both
 *           without a word.
 * Not       Arguments by number (`%1$s`) and conversions that nobody knows are refused by name.
 */
#ifndef EXPLORE_FORMAT_H
#define EXPLORE_FORMAT_H

#include <stdarg.h>
#include <stdint.h>

/* Reports every access that printing with these arguments makes. */
void format_accesses(const char *format, va_list arguments, uint32_t site);

#endif
