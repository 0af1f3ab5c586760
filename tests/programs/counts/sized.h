/* SPDX-License-Identifier: MIT */
/*
 * sized: programs of N threads or N rounds, whose executions have been counted elsewhere.
 *
 * Why       Their counts and speeds are reference figures (docs/memory-model.md, benchmarks/explore.py).
 * Orders    Relaxed unless told otherwise: -DLOAD_ORDER, -DSTORE_ORDER, -DRMW_ORDER.
 */
#ifndef PROGRAMS_SIZED_H
#define PROGRAMS_SIZED_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#ifndef N
#define N 3
#endif
#ifndef LOAD_ORDER
#define LOAD_ORDER memory_order_relaxed
#endif
#ifndef STORE_ORDER
#define STORE_ORDER memory_order_relaxed
#endif
#ifndef RMW_ORDER
#define RMW_ORDER memory_order_relaxed
#endif

#define LOAD(place) atomic_load_explicit(place, LOAD_ORDER)
#define STORE(place, value) atomic_store_explicit(place, value, STORE_ORDER)

static int numbers[32];

static inline void run_threads(int count, void *(*function)(void *)) {
    pthread_t threads[32];
    for (int i = 0; i < count; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, function, &numbers[i]);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

#endif
