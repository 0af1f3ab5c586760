/* SPDX-License-Identifier: MIT */
/*
 * bases: plain writes and allocations in the mo of atomic locations.
 *
 * Why       An atomic load may read what a plain store left there, so each such store stands in the
 *           location's mo as an event of its own (EVENT_BASE) that points to the real one.
 */
#ifndef EXPLORE_BASES_H
#define EXPLORE_BASES_H

#include "graph/base_bytes.h"
#include "graph/cells.h"

/* An atomic location comes into being: what was done to its bytes is in its mo. */
void base_place(struct memory *memory, struct graph *graph, struct location *location);
/* A write that a location's mo must show. */
void base_add(struct memory *memory, struct graph *graph, struct location *location,
              struct event *event);
/* The event is cut out: its entries leave mo, but stay its own. */
void bases_remove(struct event *event);
/* All events made from number `made` on are gone for good, and so are their entries. */
void bases_return(struct memory *memory, size_t made);

/* The value of a write to a location; needs the bytes of plain writes to be known. */
void base_value(struct event *write, uint64_t value[2]);

#endif
