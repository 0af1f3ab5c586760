/* SPDX-License-Identifier: MIT */
/* lock_calls: mutexes as the other synchronisation calls need them. */
#ifndef EXPLORE_LOCK_CALLS_H
#define EXPLORE_LOCK_CALLS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

int lock_mutex_init(pthread_mutex_t *mutex, int kind, uint32_t site);
int lock_mutex(pthread_mutex_t *mutex, uint32_t site);
/* EBUSY if it is held; where a time limit was given, that is when the time is over. */
int lock_mutex_try(pthread_mutex_t *mutex, uint32_t site);
int lock_mutex_unlock(pthread_mutex_t *mutex, uint32_t site);
int lock_mutex_destroy(pthread_mutex_t *mutex, uint32_t site);

/* Fails if the running thread holds a lock in memory that is about to be freed. */
void lock_must_not_be_held(uintptr_t start, size_t length, uint32_t site);

/* Lets go of the mutex however often it is held; returns how often. */
uint32_t lock_mutex_release(pthread_mutex_t *mutex, uint32_t site);
int lock_mutex_take_back(pthread_mutex_t *mutex, uint32_t depth, uint32_t site);

#endif
