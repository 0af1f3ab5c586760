/* SPDX-License-Identifier: MIT */
/* spsc: a ring of two slots, one producer and one consumer, each tries N times. */
#include "sized.h"

static int slots[2];
static atomic_int head, tail;

static void produce(void) {
    for (int i = 1; i <= N; i++) {
        const int at = atomic_load_explicit(&tail, memory_order_relaxed);
        if (at - atomic_load_explicit(&head, memory_order_acquire) == 2)
            continue;
        slots[at % 2] = i;
        atomic_store_explicit(&tail, at + 1, memory_order_release);
    }
}

static void consume(void) {
    int last = 0;
    for (int i = 0; i < N; i++) {
        const int at = atomic_load_explicit(&head, memory_order_relaxed);
        if (at == atomic_load_explicit(&tail, memory_order_acquire))
            continue;
        const int value = slots[at % 2];
        assert(value > last);
        last = value;
        atomic_store_explicit(&head, at + 1, memory_order_release);
    }
}

static void *produce_or_consume(void *number) {
    if (*(int *)number == 0)
        produce();
    else
        consume();
    return NULL;
}

int main(void) {
    run_threads(2, produce_or_consume);
    return 0;
}
