/* SPDX-License-Identifier: MIT */
/*
 * streams: the program's FILE objects. They are names of descriptors; nothing is inside.
 *
 * Bytes     All zero, and as many as the C library's header may look at: what it expands in line finds
 *           neither room nor text and makes a call.
 */
#ifndef EXPLORE_STREAMS_H
#define EXPLORE_STREAMS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void *stream_of(int descriptor);
/* -1: it is none. */
int stream_descriptor(const void *stream);
/* The same; fails a program that uses another. */
int stream_used(const void *stream, const char *call, uint32_t site);

#endif
