/* SPDX-License-Identifier: MIT */
/* array: an array that grows by doubling; leaves through `panic` when it cannot. */
#ifndef EXPLORE_ARRAY_H
#define EXPLORE_ARRAY_H

#include <setjmp.h>
#include <stddef.h>

void *array_grown(jmp_buf *panic, void *array, size_t *capacity, size_t needed,
                  size_t element);

#endif
