/* SPDX-License-Identifier: MIT */
/* descriptor_calls: writing to what is neither standard output nor standard error. */
#ifndef EXPLORE_DESCRIPTOR_CALLS_H
#define EXPLORE_DESCRIPTOR_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether it is one of ours: a pipe's end, an eventfd. */
bool descriptor_is_served(int descriptor);
int descriptor_close(int descriptor, uint32_t site);
long descriptor_write(int descriptor, const void *from, size_t bytes, uint32_t site);

#endif
