/* SPDX-License-Identifier: MIT */
/*
 * load: threads beside the race that take cache lines and processor time from it.
 *
 * Why       Some failures need a thread to be interrupted in the middle of a call. On a
 *           quiet machine that is rare; load makes it common, at the price of the rate.
 * Rules     Set `processors` before the first load_set.
 */
#ifndef STRESS_LOAD_H
#define STRESS_LOAD_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#define LOAD_THREADS 8u

struct load {
    _Atomic uint32_t active; /* how many of the threads are to work */
    _Atomic uint32_t quit;
    uint32_t started;
    cpu_set_t processors; /* where they may run: not only where their maker is pinned */
    pthread_t threads[LOAD_THREADS];
    struct load_member {
        struct load *load;
        uint32_t index;
    } members[LOAD_THREADS];
};

/* Let `count` threads work, from now on; those not needed sleep. */
void load_set(struct load *load, uint32_t count);
void load_stop(struct load *load);

#endif
