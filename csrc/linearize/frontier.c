/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* qsort_r */
#include "frontier.h"

#include <stdlib.h>

#define UNLINKED UINT32_MAX

static void unlink_node(struct frontier *f, uint32_t node) {
    f->next[f->previous[node]] = f->next[node];
    f->previous[f->next[node]] = f->previous[node];
}

/* Only in reverse order of unlinking: the node still knows its neighbours (Knuth's links). */
static void relink_node(struct frontier *f, uint32_t node) {
    f->next[f->previous[node]] = node;
    f->previous[f->next[node]] = node;
}

static void append_node(struct frontier *f, uint32_t node) {
    f->previous[node] = f->previous[f->nodes];
    f->next[node] = f->nodes;
    relink_node(f, node);
}

static uint64_t stamp(const struct linear_call *calls, uint32_t node) {
    return node % 2 ? calls[node / 2].returned : calls[node / 2].called;
}

static int by_time(const void *a, const void *b, void *context) {
    const struct linear_call *calls = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint64_t time_x = stamp(calls, x), time_y = stamp(calls, y);
    if (time_x != time_y)
        return time_x < time_y ? -1 : 1;
    /* Closed intervals: what begins at a stamp overlaps what returns at it. */
    return x % 2 != y % 2 ? (x % 2 ? 1 : -1) : (x > y) - (x < y);
}

static int open_timed(struct frontier *f, const struct linear_call *calls) {
    uint32_t *sorted = malloc(((size_t)f->nodes + 1) * sizeof *sorted);
    if (!sorted)
        return 0;
    for (uint32_t node = 0; node < f->nodes; node++)
        sorted[node] = node;
    qsort_r(sorted, f->nodes, sizeof *sorted, by_time, (void *)(uintptr_t)calls);
    for (uint32_t i = 0; i < f->nodes; i++)
        if (stamp(calls, sorted[i]) != LINEARIZE_NEVER)
            append_node(f, sorted[i]);
        else
            f->next[sorted[i]] = UNLINKED; /* a pending call has no return */
    free(sorted);
    return 1;
}

static int open_ordered(struct frontier *f, const struct linear_options *options) {
    uint32_t edges = options->first[f->count];
    f->missing = calloc((size_t)f->count + 1, sizeof *f->missing);
    f->first_successor = calloc((size_t)f->count + 2, sizeof *f->first_successor);
    f->successor = malloc(((size_t)edges + 1) * sizeof *f->successor);
    uint32_t *filled = calloc((size_t)f->count + 1, sizeof *filled);
    int opened = f->missing && f->first_successor && f->successor && filled;
    if (opened) {
        for (uint32_t edge = 0; edge < edges; edge++)
            f->first_successor[options->predecessor[edge] + 1]++;
        for (uint32_t i = 0; i < f->count; i++)
            f->first_successor[i + 1] += f->first_successor[i];
        for (uint32_t i = 0; i < f->count; i++) {
            f->missing[i] = options->first[i + 1] - options->first[i];
            for (uint32_t edge = options->first[i]; edge < options->first[i + 1];
                 edge++) {
                uint32_t before = options->predecessor[edge];
                f->successor[f->first_successor[before] + filled[before]++] = i;
            }
            if (f->missing[i] == 0)
                append_node(f, i);
        }
    }
    free(filled);
    return opened;
}

int frontier_open(struct frontier *f, const struct linear_options *options,
                  const struct linear_call *calls, uint32_t count) {
    *f = (struct frontier){.count = count, .timed = !options->first};
    f->nodes = f->timed ? 2 * count : count;
    f->next = malloc(((size_t)f->nodes + 1) * sizeof *f->next);
    f->previous = malloc(((size_t)f->nodes + 1) * sizeof *f->previous);
    if (!f->next || !f->previous)
        return 0;
    f->next[f->nodes] = f->previous[f->nodes] = f->nodes;
    return f->timed ? open_timed(f, calls) : open_ordered(f, options);
}

void frontier_close(struct frontier *f) {
    free(f->next);
    free(f->previous);
    free(f->missing);
    free(f->successor);
    free(f->first_successor);
}

uint32_t frontier_candidates(const struct frontier *f, uint32_t *candidates) {
    uint32_t found = 0;
    for (uint32_t node = f->next[f->nodes]; node != f->nodes; node = f->next[node]) {
        if (!f->timed)
            candidates[found++] = node;
        else if (node % 2 == 0)
            candidates[found++] = node / 2;
        else
            break;
    }
    return found;
}

uint32_t frontier_blocker(const struct frontier *f) {
    uint32_t node = f->next[f->nodes];
    while (f->timed && node != f->nodes && node % 2 == 0)
        node = f->next[node];
    if (node == f->nodes)
        node = f->next[f->nodes]; /* only pending calls are left, or none */
    if (node == f->nodes)
        return UINT32_MAX;
    return f->timed ? node / 2 : node;
}

void frontier_place(struct frontier *f, uint32_t call) {
    if (f->timed) {
        unlink_node(f, 2 * call);
        if (f->next[2 * call + 1] != UNLINKED)
            unlink_node(f, 2 * call + 1);
        return;
    }
    unlink_node(f, call);
    for (uint32_t at = f->first_successor[call]; at < f->first_successor[call + 1]; at++)
        if (--f->missing[f->successor[at]] == 0)
            append_node(f, f->successor[at]);
}

void frontier_take_back(struct frontier *f, uint32_t call) {
    if (f->timed) {
        if (f->next[2 * call + 1] != UNLINKED)
            relink_node(f, 2 * call + 1);
        relink_node(f, 2 * call);
        return;
    }
    for (uint32_t at = f->first_successor[call + 1]; at-- > f->first_successor[call];)
        if (f->missing[f->successor[at]]++ == 0)
            unlink_node(f, f->successor[at]);
    relink_node(f, call);
}
