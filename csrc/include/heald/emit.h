/* SPDX-License-Identifier: MIT */
/*
 * emit.h: what the callbacks of a parser under test were told.
 *
 * Why       A parser that calls back has no record to compare. Its callbacks, which are yours, say
 *           what came: that is compared between places, between ways to cut the input, and with
 *           the oracle.
 * Rules     Bytes under one name that follow each other are one: a parser may hand out a value in as
 *           many parts as it likes. No bytes at all are nothing.
 */
#ifndef HEALD_EMIT_H
#define HEALD_EMIT_H

#include <stddef.h>

void heald_emit_number(const char *name, long long value);
void heald_emit_bytes(const char *name, const void *at, size_t length);

#endif
