/* SPDX-License-Identifier: MIT */
/* barrier: see barrier.h */
#include "barrier.h"

#include "pause.h"

#include <sched.h>
#include <time.h>

#ifndef BARRIER_ARRIVE
#define BARRIER_ARRIVE memory_order_acq_rel
#endif
#ifndef BARRIER_LEAVE
#define BARRIER_LEAVE memory_order_release
#endif
#ifndef BARRIER_SEE
#define BARRIER_SEE memory_order_acquire
#endif

#define YIELDS_BEFORE_SLEEP 20000u
#define SLEEP_NS 50000
#define START_TICKS 600u /* longer than it takes a thread to see the generation change */

void barrier_init(struct barrier *barrier, uint32_t threads, uint32_t spins) {
    atomic_init(&barrier->arrived, 0);
    atomic_init(&barrier->generation, 0);
    barrier->threads = threads;
    barrier->spins = spins;
}

/* Someone is late: the processor may be theirs to use, or they may never come. */
static void wait_politely(uint32_t *yields) {
    if (++*yields < YIELDS_BEFORE_SLEEP) {
        sched_yield();
        return;
    }
    const struct timespec nap = {0, SLEEP_NS};
    nanosleep(&nap, NULL);
}

void barrier_wait(struct barrier *barrier) {
    /* Nobody can advance the generation before this thread has arrived. */
    uint32_t generation =
        atomic_load_explicit(&barrier->generation, memory_order_relaxed);
    uint32_t before = atomic_fetch_add_explicit(&barrier->arrived, 1, BARRIER_ARRIVE);
    if (before + 1 == barrier->threads) {
        atomic_store_explicit(&barrier->arrived, 0, memory_order_relaxed);
        barrier->start = stamp_ticks() + START_TICKS;
        atomic_store_explicit(&barrier->generation, generation + 1, BARRIER_LEAVE);
        return;
    }
    uint32_t spun = 0, yields = 0;
    while (atomic_load_explicit(&barrier->generation, BARRIER_SEE) == generation) {
        if (spun < barrier->spins) {
            spun++;
            pause_once();
        } else {
            wait_politely(&yields);
        }
    }
}

void barrier_start(struct barrier *barrier, enum stamp_clock clock, uint32_t delay) {
    barrier_wait(barrier);
    if (clock == STAMP_TSC) {
        /* Signed: a thread that was held up is past the time already. */
        while ((int64_t)(stamp_ticks() - barrier->start) < (int64_t)delay)
            continue;
        return;
    }
    for (uint32_t i = 0; i < delay; i += 32)
        pause_once();
}
