/* SPDX-License-Identifier: MIT */
/* turns: see turns.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "turns.h"

#include <pthread.h>
#include <time.h>

#define TURN_MS 2

static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static int running; /* of the two, how many have not returned; 0: nobody is together */
static int whose;
static _Thread_local int me; /* 1: the second */

static struct timespec soon(void) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += TURN_MS * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    return end;
}

static void await_turn(void) {
    struct timespec end = soon();
    while (running == 2 && whose != me)
        if (pthread_cond_timedwait(&turn_changed, &turn_lock, &end) != 0)
            return;
}

void turns_give(void) {
    if (__atomic_load_n(&running, __ATOMIC_RELAXED) != 2)
        return;
    pthread_mutex_lock(&turn_lock);
    whose = !me;
    pthread_cond_broadcast(&turn_changed);
    await_turn();
    pthread_mutex_unlock(&turn_lock);
}

void turns_returned(void) {
    pthread_mutex_lock(&turn_lock);
    __atomic_store_n(&running, running - 1, __ATOMIC_RELAXED);
    pthread_cond_broadcast(&turn_changed);
    pthread_mutex_unlock(&turn_lock);
}

void turns_begin(void) {
    whose = 0;
    __atomic_store_n(&running, 2, __ATOMIC_RELAXED);
}

void turns_second(void) {
    me = 1;
    pthread_mutex_lock(&turn_lock);
    await_turn();
    pthread_mutex_unlock(&turn_lock);
}

void turns_end(void) { __atomic_store_n(&running, 0, __ATOMIC_RELAXED); }
