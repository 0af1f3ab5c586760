/* SPDX-License-Identifier: MIT */
/* A futex on one half of a word that is stored whole. */
#define _GNU_SOURCE
#include <assert.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
static union {
    uint64_t whole;
    uint32_t half[2];
} state;
#ifndef WAKE
#define WAKE 1
#endif
static void *sleeper(void *a) {
    while (__atomic_load_n(&state.half[0], __ATOMIC_ACQUIRE) == 0)
        syscall(SYS_futex, &state.half[0], FUTEX_WAIT, 0, NULL, NULL, 0);
    assert(__atomic_load_n(&state.half[1], __ATOMIC_RELAXED) == 7);
    return a;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, NULL, sleeper, NULL);
    __atomic_store_n(&state.whole, (uint64_t)7 << 32 | 1, __ATOMIC_RELEASE);
    if (WAKE)
        syscall(SYS_futex, &state.half[0], FUTEX_WAKE, 1, NULL, NULL, 0);
    return pthread_join(t, NULL);
}
