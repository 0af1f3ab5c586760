/* SPDX-License-Identifier: MIT */
/*
 * linearize.h: is there an order of these calls that a sequential model accepts?
 *
 * Why       The answer "these results could have come from a correct queue" needs a search over
 *           orders, exponential in how many calls overlap, so it must be fast, bounded and honest:
 *           yes, no, or undecided with the limit that ended it.
 * Source    Wing and Gong, JPDC 17, 1993; Lowe, CCPE 29(4), 2017 (visited configurations);
 *           Henzinger, Sezgin, Vafeiadis, CONCUR 2013 (queues with distinct values).
 * Exactness A configuration is remembered by 128 bits of hash. Two different ones would have to
 *           collide to turn a yes into a no: below 1e-20 for a billion of them.
 */
#ifndef HEALD_LINEARIZE_H
#define HEALD_LINEARIZE_H

#include <stddef.h>
#include <stdint.h>

#define LINEARIZE_NEVER UINT64_MAX /* returned: the call is still pending */
#define LINEARIZE_NONE INT64_MIN   /* a result: "empty", None */

/* Which sequential object it must look like. Results of pending calls are not looked at. */
enum linear_model {
    MODEL_TABLE, /* asks `step`: any model; answers are remembered */
    MODEL_REGISTER,
    MODEL_COUNTER,
    MODEL_STACK,
    MODEL_QUEUE,
    MODEL_SET,
    MODEL_MAP,
};

enum linear_code {
    /* register: one value, `initial` at first */
    CODE_READ = 1, /* result: the value */
    CODE_WRITE,    /* argument[0] */
    CODE_SWAP,     /* argument[0]; result: the old value */
    CODE_CAS,      /* argument: expected, desired; result: 1 or 0 */
    /* counter: one number, `initial` at first */
    CODE_ADD,       /* argument[0]; no result */
    CODE_FETCH_ADD, /* argument[0]; result: before */
    CODE_ADD_FETCH, /* argument[0]; result: after */
    /* stack and queue */
    CODE_PUT,  /* argument[0] */
    CODE_TAKE, /* result: a value or LINEARIZE_NONE */
    /* set: result 1 if it changed (or is there), 0 if not */
    CODE_INSERT,
    CODE_REMOVE,
    CODE_CONTAINS,
    /* map */
    CODE_MAP_PUT,    /* argument: key, value */
    CODE_MAP_GET,    /* argument: key; result: value or LINEARIZE_NONE */
    CODE_MAP_DELETE, /* argument: key; result: the old value or LINEARIZE_NONE */
};

struct linear_call {
    uint64_t called,
        returned;     /* stamps of one clock, called <= returned; closed intervals */
    uint32_t code;    /* enum linear_code; MODEL_TABLE: a class of equal calls */
    uint32_t checked; /* 0: the result does not matter (void, or pending) */
    int64_t argument[2];
    int64_t result;
};

enum linear_answer { LINEAR_YES, LINEAR_NO, LINEAR_UNDECIDED };
enum linear_limit {
    LIMIT_NONE,
    LIMIT_STEPS,
    LIMIT_TIME,
    LIMIT_MEMORY,
    LIMIT_STEP_FAILED
};

struct linear_options {
    uint32_t model;     /* enum linear_model */
    uint32_t by_key;    /* sets and maps: check each argument[0] by itself */
    int64_t initial;    /* register, counter */
    uint64_t max_steps; /* applications of the model; 0: no limit */
    double max_seconds; /* 0: no limit */
    size_t max_bytes;   /* of remembered configurations; 0: no limit */
    /*
     * Order beside time. NULL: the real-time order of the stamps. Otherwise call i may be placed
     * only after calls predecessor[first[i]..first[i + 1] - 1], and stamps are not looked at.
     */
    const uint32_t *first;
    const uint32_t *predecessor;
    /* MODEL_TABLE: the state after a call of class `code` in `state` (0 at first), -1: not
     * accepted, -2: give up. Asked once for each pair. */
    int64_t (*step)(void *context, int64_t state, uint32_t code);
    void *context;
};

struct linear_result {
    uint32_t answer; /* enum linear_answer */
    uint32_t limit;  /* enum linear_limit, where undecided */
    uint64_t steps;
    uint64_t configurations; /* remembered */
    uint32_t prefix;         /* length of the order in `order` */
    uint32_t stuck; /* LINEAR_NO: the call that cannot be placed after that prefix */
    uint32_t
        part_calls; /* calls in the part that `order` speaks of (all, if not by key) */
};

/*
 * `order` has room for `count` indices. YES: every completed call, in an order that is accepted
 * (parts one after the other where by_key). NO and UNDECIDED: the longest accepted prefix found.
 */
void linearize(const struct linear_call *calls, uint32_t count,
               const struct linear_options *options, uint32_t *order,
               struct linear_result *result);

#endif
