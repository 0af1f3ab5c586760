/* SPDX-License-Identifier: MIT */
/*
 * seen: the configurations already visited, each as its 128-bit hash.
 *
 * Why       Two orders that place the same calls and lead to the same state have the same future
 *           (Lowe 2017): the second one need not be followed.
 */
#ifndef LINEARIZE_SEEN_H
#define LINEARIZE_SEEN_H

#include "hash.h"

#include <stddef.h>

struct seen {
    struct hash *slots; /* open addressing; all zero: free */
    size_t capacity;    /* a power of two, or 0 */
    size_t count;
    size_t max_bytes; /* 0: no limit */
};

enum seen_answer { SEEN_NEW, SEEN_BEFORE, SEEN_FULL };

enum seen_answer seen_add(struct seen *seen, struct hash hash);
void seen_free(struct seen *seen);

#endif
