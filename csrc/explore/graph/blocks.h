/* SPDX-License-Identifier: MIT */
/*
 * blocks: the program's heap as the graph sees it: what is allocated, freed, and used against that.
 *
 * Why       Freed memory stays mapped in the explorer, so misuse must be found by judging, and by
 *           happens-before rather than by time: an access that is not ordered before a free is a use
 *           after free in some execution, whichever came first in this one.
 * Shape     A block is an address at which something was ever allocated; its events in the graph,
 *           allocations and frees, hang on it, newest first. An allocation counts as a write of
 *           nothing known to all its bytes: reading that is a read of uninitialised heap.
 */
#ifndef EXPLORE_BLOCKS_H
#define EXPLORE_BLOCKS_H

#include "graph/cells.h"

struct block {
    uintptr_t address;
    struct event *newest; /* linked by next_reader */
};

struct judgement {
    enum explore_failure_kind kind; /* FAILURE_NONE: nothing wrong */
    const char *message;
    const struct event *partner,
        *origin; /* the other place, the allocation; may be NULL */
};

/* Larger allocations are checked for frees and bounds, not for uninitialised bytes: the result then
   carries EXPLORE_NOTE_LARGE_BLOCK. */
enum { BLOCK_TRACKED_BYTES = 80 * 1024 };

void block_link(struct memory *memory, struct event *event);
void block_unlink(struct event *event);

/* An access to [address, address + length) by an event that is not linked. */
struct judgement block_judge_access(const struct memory *memory,
                                    const struct event *event, uintptr_t address,
                                    size_t length);
/* The allocation of the next block from `*from` on (0 at first) that is not freed; NULL: none. */
const struct event *block_left(const struct memory *memory, size_t *from);
struct judgement block_judge_free(const struct memory *memory, const struct event *event);

#endif
