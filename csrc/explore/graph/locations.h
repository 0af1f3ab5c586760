/* SPDX-License-Identifier: MIT */
/* locations: the places of atomic accesses, by address and size, kept for the whole search. */
#ifndef EXPLORE_LOCATIONS_H
#define EXPLORE_LOCATIONS_H

#include "graph/event.h"

struct location *location_of(struct graph *graph, uintptr_t address, uint32_t size,
                             int hidden);

#endif
