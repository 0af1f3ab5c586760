/* SPDX-License-Identifier: MIT */
/* lock_calls: mutexes as the other synchronisation calls need them. */
#ifndef EXPLORE_LOCK_CALLS_H
#define EXPLORE_LOCK_CALLS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

int mutex_init(pthread_mutex_t *mutex, int kind, uint32_t site);
int mutex_lock(pthread_mutex_t *mutex, uint32_t site);
/* EBUSY if it is held; where a time limit was given, that is when the time is over. */
int mutex_trylock(pthread_mutex_t *mutex, uint32_t site);
int mutex_unlock(pthread_mutex_t *mutex, uint32_t site);
int mutex_destroy(pthread_mutex_t *mutex, uint32_t site);

/* Fails if the running thread holds a lock in memory that is about to be freed. */
void lock_must_not_be_held(uintptr_t start, size_t length, uint32_t site);

/* Lets go of the mutex however often it is held; returns how often. */
uint32_t mutex_release(pthread_mutex_t *mutex, uint32_t site);
void mutex_take_back(pthread_mutex_t *mutex, uint32_t depth, uint32_t site);

#endif
