/* SPDX-License-Identifier: MIT */
/*
 * field: the states of one stride, with what the threads keep beside each of them.
 *
 * Why       Where the states lie decides how often threads meet: packed states share cache
 *           lines, and a line that travels is a window in which a race shows.
 * Layout    One block of memory, cut anew each round: states, visiting order, per-thread
 *           locals, result logs per sequence, stamps per thread. Logs of different
 *           sequences never share a cache line. Behind each state and each local lies a
 *           guard; before the first and behind the last of all lie pages that fault.
 */
#ifndef STRESS_FIELD_H
#define STRESS_FIELD_H

#include "plan.h"
#include <heald/random.h>

#include <stdbool.h>

/* Bytes behind each state and each local that nobody may write: their neighbour is another
 * state, and what is written there would pass for an outcome. */
#define FIELD_GUARD 16u

struct field {
    unsigned char *memory;
    size_t bytes;
    uint32_t count; /* states of the stride */
    size_t pitch;   /* bytes from one state to the next */
    size_t state_size, local_size;
    unsigned char *states;
    uint32_t *order; /* place of the i-th state visited; NULL: i */
    size_t local_pitch;
    unsigned char *locals;
    int64_t *logs[PLAN_SEQUENCES];
    uint64_t *stamps[PLAN_SEQUENCES]; /* call and return per call; NULL: none */
};

bool field_init(struct field *field);

/*
 * Cut the block for `plan`; `count` becomes settings->stride or less where memory or
 * `most` is less. False if there is no room for a single state.
 */
bool field_cut(struct field *field, const struct plan *plan,
               const struct stress_settings *settings, uint32_t most, bool history,
               struct random *random);

/* Zeroes, with its guard behind it. */
void field_fresh(unsigned char *object, size_t size);

/* The first byte of an object's guard that was written; -1: none. */
int field_broken_guard(const unsigned char *object, size_t size);

static inline void *field_state(const struct field *field, uint32_t i) {
    size_t place = field->order == NULL ? i : field->order[i];
    return field->states + place * field->pitch;
}

static inline void *field_local(const struct field *field, uint32_t thread, uint32_t i) {
    if (field->local_pitch == 0)
        return NULL;
    return field->locals + ((size_t)thread * field->count + i) * field->local_pitch;
}

#endif
