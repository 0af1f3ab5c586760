/* SPDX-License-Identifier: MIT */
/*
 * printed: what the program printed in one execution.
 *
 * Why       A program that prints would print a million times. What it wrote is kept and shown
 *           once, with the execution it belongs to.
 */
#ifndef EXPLORE_PRINTED_H
#define EXPLORE_PRINTED_H

#include <stdbool.h>
#include <stddef.h>

enum { PRINTED_BYTES = 65536 };

struct printed {
    size_t used;
    bool is_cut; /* there was more */
    char bytes[PRINTED_BYTES];
};

static inline void printed_reset(struct printed *printed) {
    printed->used = 0;
    printed->is_cut = false;
}

/* Keeps as much as there is room for. */
void printed_add(struct printed *printed, const char *bytes, size_t count);

#endif
