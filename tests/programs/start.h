/* SPDX-License-Identifier: MIT */
/*
 * start: start a few threads, each with its number, and wait for them all.
 *
 * Why       Every program here does it, and the programs are about what the threads do.
 */
#ifndef PROGRAMS_START_H
#define PROGRAMS_START_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

typedef void *thread_function(void *number);

static inline int number_of(void *argument) { return (int)(intptr_t)argument; }

static inline void run_threads(int count, thread_function *const functions[]) {
    pthread_t threads[8];
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, functions[i], (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static inline void run_same(int count, thread_function *function) {
    thread_function *functions[8];
    for (int i = 0; i < count; i++)
        functions[i] = function;
    run_threads(count, functions);
}

#endif
