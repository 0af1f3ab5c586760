/* SPDX-License-Identifier: MIT */
/*
 * memory_sink: the file that small cases write into, and how to see what they wrote.
 *
 * Why       To cut a file after each case frees its pages, and the next case has to allocate
 *           them again: a fifth of a bulk run. This file is never cut. It is full of a byte
 *           that no content has, so whatever else stands in it afterwards was written.
 * Seeing    The file is mapped: nothing is read, and a byte in the wrong place shows wherever
 *           it stands. What goes on past the end of the mapping is read in the usual way.
 * Unlike    an empty file, it has bytes behind the sink's position, as a file that is written
 *           over has. No transfer may care.
 */
#ifndef HEALD_FAULTS_MEMORY_SINK_H
#define HEALD_FAULTS_MEMORY_SINK_H

#include <heald/faults.h>

#include <stdbool.h>

/* Whether this case's sink can be the mapped file. */
bool memory_sink_fits(const struct fault_case *the_case);

/* The file, standing at its start; -1 with errno. Opened on first use. */
int memory_sink_take(void);

#define MEMORY_SINK_BYTES ((int64_t)32 << 10)

/* Bytes from `position` to the last one written; *bytes is where they are. */
int64_t memory_sink_seen(int64_t position, const unsigned char **bytes);

/* Where in front of `position` something was written; -1: nowhere. */
int64_t memory_sink_stray(int64_t position);

/* Wipes what was written after a clean case; after another one, opens a new file next. */
void memory_sink_give_back(bool clean, int64_t position, int64_t written);

#endif
