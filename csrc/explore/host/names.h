/* SPDX-License-Identifier: MIT */
/*
 * names: what an address is called in a trace.
 *
 * Why       Pointers are values, but a raw one tells a reader nothing and differs between machines.
 * Forms     `top+8` in a variable (offset always given), `heap#3+8` in the third block that thread 0
 *           allocated, `heap#2.1+0` in the first of thread 2, `stack#2+64` that far below the top of
 *           thread 2's stack, `tls#2:errno_copy+0` in its thread-local variable, `~top+0` the hidden
 *           location of the object at `top`.
 * Source    Blocks are named from the allocations of the execution itself: with behaviour remembered,
 *           the heap may hold another execution's.
 */
#ifndef EXPLORE_NAMES_H
#define EXPLORE_NAMES_H

#include <heald/explore.h>

#include "program/state.h"

struct names {
    const struct runtime *runtime;
    struct named_block *blocks;
    size_t count;
    size_t room;
};

/* Collects the view's allocations; earlier ones are forgotten. */
void names_collect(struct names *names, const struct explore_view *view);

/* Writes the name of a location, or "?" if it has none; returns `text`. */
const char *names_location(const struct names *names, uintptr_t address, char *text,
                           size_t room);

/* The same for people, who know nothing of hidden locations: what the lock, the thread or the signal
 * is called that the location belongs to. */
const char *names_shown(const struct names *names, uintptr_t address, char *text,
                        size_t room);

/* The name of a value that points into the program's memory; NULL if it does not. */
const char *names_pointer(const struct names *names, uint64_t value, char *text,
                          size_t room);

#endif
