/* SPDX-License-Identifier: MIT */
/* unit_fiber: fibers keep their stacks and registers apart, and can be begun again. */
#include "program/fiber.h"

#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIBERS = 5, ROUNDS = 1000, STACK = 64 * 1024 };

static struct fiber home, fibers[FIBERS];
static void *stacks[FIBERS];
static long turns[FIBERS];

static int deep(int depth, int id) {
    volatile char filler[100];
    filler[depth % 100] = (char)id;
    if (depth == 0) {
        fiber_switch(&fibers[id], &home);
        return filler[0];
    }
    return deep(depth - 1, id) + (filler[depth % 100] == (char)id);
}

static void entry(void *argument) {
    int id = (int)(intptr_t)argument;
    double real = id + 0.5; /* a local that may live in a register */
    for (long i = 0;; i++) {
        assert((uintptr_t)__builtin_frame_address(0) % 16 == 0);
        assert(deep(id * 3, id) == id * 3 + id);
        real += 1;
        turns[id] = i + 1;
        assert(real == id + 0.5 + (double)(i + 1));
    }
}

static void begin(int id) {
    turns[id] = 0;
    fiber_prepare(&fibers[id], stacks[id], STACK, entry, (void *)(intptr_t)id);
}

int main(void) {
    for (int id = 0; id < FIBERS; id++) {
        stacks[id] = malloc(STACK);
        assert(stacks[id]);
        begin(id);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int id = 0; id < FIBERS; id++)
            fiber_switch(&home, &fibers[id]);
    for (int id = 0; id < FIBERS; id++)
        assert(turns[id] == ROUNDS - 1);
    begin(2); /* abandoned in the middle, begun anew */
    fiber_switch(&home, &fibers[2]);
    fiber_switch(&home, &fibers[2]);
    assert(turns[2] == 1);
    for (int id = 0; id < FIBERS; id++)
        free(stacks[id]);
    puts("ok");
    return 0;
}
