/* SPDX-License-Identifier: MIT */
/* output_calls: what `write` does, for calls that write as it does. */
#ifndef EXPLORE_OUTPUT_CALLS_H
#define EXPLORE_OUTPUT_CALLS_H

#include <stddef.h>
#include <stdint.h>

long output_write(int descriptor, const void *bytes, size_t count, const char *call,
                  uint32_t site);

#endif
