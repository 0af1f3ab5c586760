/* SPDX-License-Identifier: MIT */
/*
 * shortest: of all executions that fail in one way, the one that is easiest to follow.
 *
 * Why       The first failure that a search meets is any failure. A person follows the one with
 *           the fewest switches between threads, then the fewest steps.
 */
#ifndef EXPLORE_SHORTEST_H
#define EXPLORE_SHORTEST_H

#include <stdint.h>

#include <heald/explore.h>

#include "host/json.h"
#include "host/names.h"

/* Of the whole execution (NULL) or of what a failure depends on. Switches in the upper half, steps in the lower: less is easier. Never 0. */
uint64_t shortest_length(const struct explore_view *view,
                         const struct explore_failure *failure);

/* The shortest failure of each kind so far, ready to be written. */
struct shortest {
    struct {
        uint64_t length; /* 0: none of this kind */
        char *text;
        size_t bytes;
    } of[FAILURE_KINDS];
};

void shortest_add(struct shortest *shortest, struct names *names,
                  const struct explore_failure *failure, const struct explore_view *view);
void shortest_write(const struct shortest *shortest, struct json *json);
void shortest_end(struct shortest *shortest);

#endif
