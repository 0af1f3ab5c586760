/* SPDX-License-Identifier: MIT */
/* A spin lock in one bit of a byte, in a word that is counted in. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#ifndef UNLOCK
#define UNLOCK __ATOMIC_RELEASE
#endif
static union {
    uint32_t whole;
    uint8_t byte[4];
} word;
static int counter;
static void *locked(void *a) {
    while (__atomic_fetch_or(&word.byte[1], 1, __ATOMIC_ACQUIRE) & 1)
        ;
    counter++;
    __atomic_fetch_and(&word.byte[1], 0xfe, UNLOCK);
    __atomic_fetch_add(&word.whole, 1 << 16, __ATOMIC_RELAXED);
    return a;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, NULL, locked, NULL);
    locked(NULL);
    pthread_join(t, NULL);
    assert(counter == 2 && word.whole == 2 << 16);
    return 0;
}
