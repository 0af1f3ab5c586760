/* SPDX-License-Identifier: MIT */
/*
 * retry: would a shorter history have led this thread to the very same state?
 *
 * Why       `do { n->next = o; } while (!cas(&top, &o, n))` goes round with a new `o` each time: spin
 *           does not see it, and every failed round multiplies executions. But the thread stands
 *           where it would stand if it had read the new value in the first place, and that is an
 *           execution of its own. So the longer one need not go on: nothing is lost, as the shorter
 *           one has fewer orders to obey.
 * How       Let p and q be reads of the same location, p before q, the thread going round, and nothing
 *           since p that others could notice. p is tried again with the value of q: memory and stack are put back to
 *           p's, the thread runs on by itself, gets what it really read after q, and where it
 *           arrives is compared with where it is, byte for byte: action, registers, stack, and all
 *           memory written since. Then everything is put back. If it is the same, what lies between
 *           p and q was in vain.
 * Late      Where the two differ in what only the compiler left there, they may be the same further on: the
 *           thread is asked again at each of its next steps, at the latest where its operation or
 *           the thread itself ends.
 * Exact     Only what was compared is concluded. p must not be ordered more strongly than q (its
 *           read would synchronise where q's does not). Anything a trial cannot undo ends it.
 */
#ifndef EXPLORE_RETRY_H
#define EXPLORE_RETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "action.h"

enum { RETRY_POINTS = 12, RETRY_STACK = 4096, RETRY_WRITES = 64, RETRY_BYTES = 4096 };

/* A read, just before it is answered. */
struct retry_point {
    struct action action;
    struct reply reply; /* as it was answered */
    void *stack_pointer;
    uint32_t first_byte, byte_count; /* of the copy of its stack, in `stacks` */
    uint32_t actions;                /* of the thread, by then */
    uint32_t writes;                 /* in the log, by then */
};

/* Plain writes outside the own stack, with what was there before. */
struct retry_write {
    uintptr_t start;
    uint32_t length;
    uint32_t first_byte;
};

struct retry {
    uint32_t point_count;
    uint32_t write_count;
    uint32_t byte_count;
    bool is_last_a_point; /* nothing but plain accesses since the last point */
    bool is_answer_due;   /* the last action was that point */
    bool is_read_tried; /* the first plain read after it did not end a shorter history */
    const struct action *end; /* of a trial, where that is a plain read */
    bool is_trial;
    bool is_full;   /* a trial wrote more than the log can hold */
    bool is_parked; /* the thread stands at `parked`, told as AWAIT */
    struct action parked;
    struct retry_point points[RETRY_POINTS];
    struct retry_write writes[RETRY_WRITES];
    uint8_t bytes[RETRY_BYTES];
    uint8_t stacks[RETRY_POINTS * RETRY_STACK]; /* of the points, one behind the other */
};

struct runtime;
struct fiber_thread;

/* Something others could notice: no history before it can be shortened. */
static inline void retry_forget(struct retry *retry) {
    retry->point_count = 0;
    retry->write_count = 0;
    retry->byte_count = 0;
    retry->is_last_a_point = false;
}

/* In a trial: whether the action ends it. Plain accesses and yields do not, unless one is the end. */
static inline bool retry_stops_at(const struct retry *retry,
                                  const struct action *action) {
    if (action->kind == ACTION_WRITE || action->kind == ACTION_YIELD)
        return false;
    return action->kind != ACTION_READ ||
           (retry->end && memcmp(action, retry->end, sizeof *action) == 0);
}

/* Before a plain write: keeps what is there. */
void retry_log(struct retry *retry, uintptr_t start, size_t length);

/* Bytes of the thread's own stack turn out to be shared. */
void retry_share(struct retry *retry, uintptr_t start, uintptr_t end);

/* The reply of the thread's last action has come. */
void retry_answered(struct retry *retry, const struct reply *reply);

/*
 * The thread has stopped at `next`. If a shorter history leads here, `next` becomes an AWAIT whose
 * round is what is too much.
 */
void retry_arrived(struct runtime *runtime, struct fiber_thread *thread,
                   struct action *next);

#endif
