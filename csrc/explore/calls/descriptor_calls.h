/* SPDX-License-Identifier: MIT */
/* descriptor_calls: what is neither standard output nor standard error, read and written. */
#ifndef EXPLORE_DESCRIPTOR_CALLS_H
#define EXPLORE_DESCRIPTOR_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether it is one of ours: a pipe's end, a socket, an eventfd. */
bool descriptor_is_served(int descriptor);
int descriptor_close(int descriptor, uint32_t site);

/* Quiet: where nobody reads there is an error, but no signal. */
long descriptor_write(int descriptor, const void *from, size_t bytes, bool is_quiet,
                      uint32_t site);

long descriptor_read(int descriptor, void *to, size_t bytes, bool waits, uint32_t site);

/* shutdown of a socket. */
int descriptor_shut(int descriptor, bool reading, bool writing, uint32_t site);

#endif
