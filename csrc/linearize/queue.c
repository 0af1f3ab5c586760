/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>

#define NOBODY UINT32_MAX

struct life {
    int64_t value;
    uint64_t put_called, put_returned;
    uint64_t take_called, take_returned; /* LINEARIZE_NEVER: never taken */
    uint32_t taker;
};

static int by_value(const void *a, const void *b) {
    const struct life *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static int by_put_called(const void *a, const void *b) {
    const struct life *x = a, *y = b;
    return (x->put_called > y->put_called) - (x->put_called < y->put_called);
}

static int by_put_returned(const void *a, const void *b) {
    const struct life *x = a, *y = b;
    return (x->put_returned > y->put_returned) - (x->put_returned < y->put_returned);
}

static enum queue_answer collect_puts(const struct linear_call *calls, uint32_t count,
                                      struct life *lives, uint32_t *lived) {
    *lived = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (calls[i].returned == LINEARIZE_NEVER)
            return QUEUE_UNKNOWN;
        if (calls[i].code == CODE_TAKE && !calls[i].checked)
            return QUEUE_UNKNOWN;
        if (calls[i].code == CODE_PUT)
            lives[(*lived)++] = (struct life){.value = calls[i].argument[0],
                                              .put_called = calls[i].called,
                                              .put_returned = calls[i].returned,
                                              .take_called = LINEARIZE_NEVER,
                                              .take_returned = LINEARIZE_NEVER,
                                              .taker = NOBODY};
    }
    qsort(lives, *lived, sizeof *lives, by_value);
    for (uint32_t i = 1; i < *lived; i++)
        if (lives[i].value == lives[i - 1].value)
            return QUEUE_UNKNOWN;
    return QUEUE_FITS;
}

/* A value from nowhere (or from the future), and a value taken twice. */
static enum queue_answer match_takes(const struct linear_call *calls, uint32_t count,
                                     struct life *lives, uint32_t lived,
                                     uint32_t *culprit) {
    for (uint32_t i = 0; i < count; i++) {
        if (calls[i].code != CODE_TAKE || calls[i].result == LINEARIZE_NONE)
            continue;
        struct life wanted = {.value = calls[i].result};
        struct life *life = bsearch(&wanted, lives, lived, sizeof *lives, by_value);
        if (!life || life->taker != NOBODY || calls[i].returned < life->put_called) {
            *culprit = i;
            return QUEUE_DOES_NOT;
        }
        life->take_called = calls[i].called;
        life->take_returned = calls[i].returned;
        life->taker = i;
    }
    return QUEUE_FITS;
}

/* Put before, but taken after, or never: found by sweeping over the puts. */
static enum queue_answer find_overtaking(struct life *lives, const struct life *by_return,
                                         uint32_t lived, uint32_t *culprit) {
    uint64_t latest_take = 0;
    uint32_t put_before = 0;
    qsort(lives, lived, sizeof *lives, by_put_called);
    for (uint32_t i = 0; i < lived; i++) {
        for (; put_before < lived &&
               by_return[put_before].put_returned < lives[i].put_called;
             put_before++)
            if (by_return[put_before].take_called > latest_take)
                latest_take = by_return[put_before].take_called;
        if (lives[i].taker != NOBODY && lives[i].take_returned < latest_take) {
            *culprit = lives[i].taker;
            return QUEUE_DOES_NOT;
        }
    }
    return QUEUE_FITS;
}

struct span {
    uint64_t start, end; /* both excluded: the queue is surely not empty in between */
};

/* Times at which something is surely in the queue, as few spans as possible. */
static uint32_t surely_filled(const struct life *by_return, uint32_t lived,
                              struct span *spans) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < lived; i++) {
        struct span span = {by_return[i].put_returned, by_return[i].take_called};
        if (span.start >= span.end)
            continue;
        if (count && span.start < spans[count - 1].end) {
            if (span.end > spans[count - 1].end)
                spans[count - 1].end = span.end;
        } else {
            spans[count++] = span;
        }
    }
    return count;
}

static enum queue_answer find_wrong_empty(const struct linear_call *calls, uint32_t count,
                                          const struct span *spans, uint32_t spans_count,
                                          uint32_t *culprit) {
    for (uint32_t i = 0; i < count; i++) {
        if (calls[i].code != CODE_TAKE || calls[i].result != LINEARIZE_NONE)
            continue;
        uint32_t low = 0,
                 high = spans_count; /* the last span that starts before the call */
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (spans[middle].start < calls[i].called)
                low = middle + 1;
            else
                high = middle;
        }
        if (low && calls[i].returned < spans[low - 1].end) {
            *culprit = i;
            return QUEUE_DOES_NOT;
        }
    }
    return QUEUE_FITS;
}

enum queue_answer queue_decide(const struct linear_call *calls, uint32_t count,
                               uint32_t *culprit) {
    struct life *lives = malloc(((size_t)count + 1) * 2 * sizeof *lives);
    struct span *spans = malloc(((size_t)count + 1) * sizeof *spans);
    enum queue_answer answer = QUEUE_UNKNOWN;
    uint32_t lived = 0;
    if (lives && spans)
        answer = collect_puts(calls, count, lives, &lived);
    if (answer == QUEUE_FITS)
        answer = match_takes(calls, count, lives, lived, culprit);
    if (answer == QUEUE_FITS) {
        struct life *by_return = lives + lived;
        for (uint32_t i = 0; i < lived; i++)
            by_return[i] = lives[i];
        qsort(by_return, lived, sizeof *by_return, by_put_returned);
        answer = find_overtaking(lives, by_return, lived, culprit);
        if (answer == QUEUE_FITS)
            answer = find_wrong_empty(calls, count, spans,
                                      surely_filled(by_return, lived, spans), culprit);
    }
    free(lives);
    free(spans);
    return answer;
}
