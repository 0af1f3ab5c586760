/* SPDX-License-Identifier: MIT */
/*
 * memory: plain accesses, byte for byte: who wrote last, who races, what a read returns.
 *
 * Why       A plain access is no choice: without a race it reads the one write that happens last
 *           before it. So it needs a race check, and the value, if another thread wrote it,
 *           because the reader's behaviour depends on it.
 * Shape     Cells of 8 bytes, kept for the whole search, each with the records of linked plain
 *           accesses, newest first, and the atomic locations that overlap it. A plain write to bytes
 *           of an atomic location also stands in that location's mo (EVENT_BASE).
 * Rules     Without a race, conflicting records of a byte are ordered by happens-before and their
 *           list is a linear extension of it, in whatever order events are cut out and put back.
 */
#ifndef EXPLORE_MEMORY_H
#define EXPLORE_MEMORY_H

#include "graph/cells.h"

void memory_link(struct graph *graph, struct event *event);
void memory_unlink(struct event *event);

/* The bytes a plain read gets from other threads, as a key; 0 if there are none of them. */
uint32_t memory_key(const struct event *event, uint64_t key[2]);

#endif
