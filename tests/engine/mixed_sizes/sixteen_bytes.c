/* SPDX-License-Identifier: MIT */
/* A compare-exchange of 16 bytes over two atomics of 8. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
static union {
    unsigned __int128 whole;
    uint64_t half[2];
} word;
#ifndef WIDE
#define WIDE 1
#endif
static void *both(void *a) {
#if WIDE
    unsigned __int128 old = 0, new = (unsigned __int128)1 << 64 | 1;
    __atomic_compare_exchange_n(&word.whole, &old, new, 0, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
#else
    __atomic_store_n(&word.half[0], 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&word.half[1], 1, __ATOMIC_SEQ_CST);
#endif
    return a;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, NULL, both, NULL);
    uint64_t first = __atomic_load_n(&word.half[0], __ATOMIC_SEQ_CST);
    uint64_t second = __atomic_load_n(&word.half[1], __ATOMIC_SEQ_CST);
    unsigned __int128 old = 0;
    __atomic_compare_exchange_n(&word.whole, &old, old, 0, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    assert(second >= first);
    assert((uint64_t)old == (uint64_t)(old >> 64));
    return pthread_join(t, NULL);
}
