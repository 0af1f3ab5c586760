/* SPDX-License-Identifier: MIT */
/* thread_calls: what POSIX and C11 threads have in common. */
#ifndef EXPLORE_THREAD_CALLS_H
#define EXPLORE_THREAD_CALLS_H

#include <pthread.h>
#include <stdint.h>

/* Handles count up from there: of the threads that thread t makes, (t + 1) times as many. */
enum { HANDLES_PER_THREAD = 4096 };

pthread_t thread_create(pthread_t *handle, uintptr_t routine, uintptr_t argument,
                        uint32_t site);
pthread_t thread_self(void);
struct fiber_thread *thread_of_handle(pthread_t handle, uint32_t site);
uintptr_t thread_join(pthread_t handle, uint32_t site);
void thread_detach(pthread_t handle, uint32_t site);
void thread_yield(uint32_t site);
int thread_once(const void *control, uintptr_t routine, uint32_t site);

int thread_key_create(unsigned *key, uintptr_t destructor, uint32_t site);
int thread_key_set(unsigned key, uintptr_t value);
uintptr_t thread_key_get(unsigned key);
int thread_key_delete(unsigned key);

#endif
