/* SPDX-License-Identifier: MIT */
/* generate: see generate.h. */
#include "generate.h"

#include "sink.h"
#include "source.h"

#include <heald/random.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define STREAM_BYTES 12000 /* fits a pipe's 16 slots even when eight steps split it */
#define FILE_BYTES 9000    /* three pages: every one costs */
#define NEIGHBOURS 8       /* cases in a row that share a size: to cut a file is dear */

static uint64_t next(uint64_t *state) { return random_mix(*state += RANDOM_STEP); }

static int64_t below(uint64_t *state, int64_t limit) {
    return limit <= 0 ? 0 : (int64_t)(next(state) % (uint64_t)limit);
}

/* One of the bits that are set; the plan has at least one. */
static uint8_t one_bit(uint64_t *state, uint32_t set) {
    int64_t skip = below(state, __builtin_popcount(set));
    while (skip-- > 0)
        set &= set - 1;
    return (uint8_t)__builtin_ctz(set);
}

static int64_t some_size(uint64_t *state, int64_t most) {
    static const int64_t borders[] = {0, 1, 2, 4095, 4096, 4097, 8191, 8192};
    int64_t kind = below(state, 6);
    int64_t size = kind < 2   ? borders[below(state, 8)]
                   : kind < 4 ? below(state, most)
                              : below(state, most / 4); /* every page costs */
    return size < most ? size : most;
}

static struct fault_step some_step(uint64_t *state, const struct fault_plan *plan,
                                   const struct fault_case *c) {
    int64_t kind = below(state, 16);
    bool file = !source_of(c->source)->is_stream;
    if (kind < 6)
        return (struct fault_step){STEP_CAP, (int32_t)(1 + below(state, 5000))};
    if (kind < 9)
        return (struct fault_step){STEP_ERRNO, EINTR};
    if (kind < 11)
        return (struct fault_step){STEP_ERRNO, plan->again ? EAGAIN : EINTR};
    if (kind == 11 && plan->errno_count > 0)
        return (struct fault_step){STEP_ERRNO,
                                   plan->errnos[below(state, plan->errno_count)]};
    if (kind == 12 && file)
        return (struct fault_step){STEP_TRUNCATE, (int32_t)below(state, c->size + 1)};
    if (kind == 13 && file && !sink_of(c->sink)->is_stream)
        return (struct fault_step){STEP_APPEND, (int32_t)(1 + below(state, 3000))};
    if (kind == 14)
        return (struct fault_step){STEP_SIGNAL, (int32_t)(1 + below(state, 5000))};
    return (struct fault_step){STEP_PASS, 0};
}

static void draw_window(uint64_t *state, uint64_t seed, struct fault_case *c,
                        int64_t most) {
    uint64_t shared = seed / NEIGHBOURS;
    next(&shared);
    c->size = some_size(&shared, most);
    int64_t where = below(state, 8);
    c->start = where < 3 ? 0 : where < 7 ? below(state, c->size + 1) : c->size + where;
    int64_t left = c->size > c->start ? c->size - c->start : 0;
    int64_t how = below(state, 8);
    c->count = how < 3   ? left
               : how < 6 ? below(state, left + 1)
                         : left + below(state, 5000);
}

void generate_case(const struct fault_plan *plan, uint64_t seed, struct fault_case *c) {
    uint64_t state = seed;
    memset(c, 0, sizeof *c);
    c->content = seed / 1024; /* neighbours share it, so the source is rarely rewritten */
    c->source = one_bit(&state, plan->sources);
    c->sink = one_bit(&state, plan->sinks);
    if (c->sink == SINK_UNIX &&
        below(&state, 4) != 0) /* the dearest to open: less often */
        c->sink = one_bit(&state, plan->sinks);
    c->shape = (uint8_t)plan->shape;
    c->flags = plan->flags & (FLAG_SHARES | FLAG_ZEROS);
    if (sink_of(c->sink)->is_stream)
        c->flags |= plan->flags & FLAG_NONBLOCK_OUT;
    if (source_of(c->source)->is_stream)
        c->flags |= plan->flags & FLAG_NONBLOCK_IN;
    bool stream = source_of(c->source)->is_stream || sink_of(c->sink)->is_stream;
    draw_window(&state, seed, c, stream ? STREAM_BYTES : FILE_BYTES);
    if (source_of(c->source)->is_stream) {
        c->start = 0;
        if (c->count <= c->size)
            c->flags |= FLAG_STAYS; /* as a client does that waits for the answer */
    } else if (next(&state) & 1)
        c->flags |= plan->flags & FLAG_OFFSET;
    if (!sink_of(c->sink)->is_stream && !sink_of(c->sink)->shows_nothing)
        c->sink_position = next(&state) & 1 ? 0 : below(&state, 5000);
    c->limit = c->vanish_after = -1;
    memcpy(c->recovered, plan->recovered, sizeof c->recovered);
    memcpy(c->natural, plan->natural, sizeof c->natural);
    c->step_count = (uint8_t)(1 + below(&state, plan->most_steps));
    for (int i = 0; i < c->step_count; i++)
        c->steps[i] = some_step(&state, plan, c);
}
