/* SPDX-License-Identifier: MIT */
/*
 * counter_mutex: an ordinary variable under a mutex.
 *
 * Why       The baseline every lock-free counter has to beat, and often does not: an
 *           uncontended lock is one atomic exchange, and a mutex protects more than one
 *           word.
 * Progress  Blocking: a thread that is descheduled while it holds the lock stops the
 *           others.
 * Orders    Those of the mutex: unlock is a release, lock an acquire.
 */
#include <pthread.h>

#include "counter.h"

struct counter {
    pthread_mutex_t lock;
    long value; /* only with the lock held */
};

void counter_init(struct counter *counter) {
    pthread_mutex_init(&counter->lock, NULL);
    counter->value = 0;
}

void counter_destroy(struct counter *counter) { pthread_mutex_destroy(&counter->lock); }

void counter_increment(struct counter *counter) {
    pthread_mutex_lock(&counter->lock);
    counter->value++;
    pthread_mutex_unlock(&counter->lock);
}

long counter_read(struct counter *counter) {
    pthread_mutex_lock(&counter->lock);
    long value = counter->value;
    pthread_mutex_unlock(&counter->lock);
    return value;
}

bool counter_is_valid(struct counter *counter) { return counter_read(counter) >= 0; }
