/* SPDX-License-Identifier: MIT */
/* condition_calls: condition variables, for POSIX and C11 alike. */
#ifndef EXPLORE_CONDITION_CALLS_H
#define EXPLORE_CONDITION_CALLS_H

#include <pthread.h>
#include <stdint.h>

int condition_init(pthread_cond_t *condition, uint32_t site);
int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint32_t site);
int condition_timed_wait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                         uint32_t site);
int condition_signal(pthread_cond_t *condition, uint32_t site);
int condition_broadcast(pthread_cond_t *condition, uint32_t site);

#endif
