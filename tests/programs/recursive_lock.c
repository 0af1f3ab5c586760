/* SPDX-License-Identifier: MIT */
/*
 * recursive_lock: a function that locks calls another that locks; the mutex is recursive.
 *
 * Bug       -DNORMAL_MUTEX: the thread waits for itself.
 */
#define _GNU_SOURCE
#include "start.h"

static pthread_mutex_t mutex;
static int counter;

static void add_one(void) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
}

static void *add_two(void *number) {
    pthread_mutex_lock(&mutex);
    add_one();
    add_one();
    pthread_mutex_unlock(&mutex);
    return number;
}

int main(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
#ifndef NORMAL_MUTEX
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
#endif
    pthread_mutex_init(&mutex, &attributes);
    run_same(2, add_two);
    assert(counter == 4);
    return 0;
}
