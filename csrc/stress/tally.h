/* SPDX-License-Identifier: MIT */
/*
 * tally: how often each outcome was seen; one per thread and round, and one shared for all.
 *
 * Why       Millions of samples a second have few distinct outcomes: counting them is
 *           cheaper than keeping them, and a histogram is what gets graded.
 * Rules     A tally belongs to one thread at a time: no locks, no atomics. The shared
 *           outcomes are appended to and never moved, an entry is complete before
 *           `entry_count` covers it, so they can be read at any time, even after a crash.
 * Costs     Nothing is allocated when counting. What finds no room is counted as such.
 */
#ifndef STRESS_TALLY_H
#define STRESS_TALLY_H

#include <heald/stress.h>

#include <stdbool.h>

struct tally {
    uint32_t capacity; /* power of two */
    uint32_t used;
    uint32_t width; /* slots of an outcome */
    uint32_t last;  /* where the outcome before was found: often the same again */
    uint64_t missed;
    uint64_t *hashes; /* 0: free */
    uint64_t *counts;
    uint32_t *order; /* the used places */
    int64_t *slots;
};

bool tally_init(struct tally *tally, uint32_t width);
void tally_clear(struct tally *tally);
void tally_count(struct tally *tally, const int64_t *slots);

/* The shared outcomes and the private index that finds an entry in them. */
struct outcomes {
    unsigned char *entries;
    size_t entry_bytes;
    uint32_t capacity, width;
    uint32_t index_capacity; /* power of two */
    uint32_t *index;         /* entry number + 1; 0: free */
    _Atomic uint32_t *entry_count;
};

bool tally_outcomes_init(struct outcomes *outcomes, unsigned char *entries, size_t bytes,
                         uint32_t width, _Atomic uint32_t *entry_count);

/* Add all that `tally` counted; returns how many samples found no room. */
uint64_t tally_outcomes_add(struct outcomes *outcomes, const struct tally *tally,
                            uint32_t *first_seen);

#endif
