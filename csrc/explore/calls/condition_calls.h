/* SPDX-License-Identifier: MIT */
/* condition_calls: condition variables, for POSIX and C11 alike. */
#ifndef EXPLORE_CONDITION_CALLS_H
#define EXPLORE_CONDITION_CALLS_H

#include <pthread.h>
#include <stdint.h>

int condition_init(pthread_cond_t *condition, uint32_t site);
int condition_destroy(pthread_cond_t *condition, uint32_t site);
int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint32_t site);
int condition_timed_wait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                         uint32_t site);
int condition_signal(pthread_cond_t *condition, uint32_t site);
int condition_broadcast(pthread_cond_t *condition, uint32_t site);

/* For whatever puts threads to sleep: until the own next wake-up, and giving one to a thread. */
void condition_sleep(uint32_t site);
void condition_wake(uint64_t thread, uint32_t site);
/* One of the bits in the set, which is not empty; every choice is explored. */
uint64_t condition_choose(uint64_t set, uint32_t site);

#endif
