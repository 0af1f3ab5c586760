/* SPDX-License-Identifier: MIT */
/* The wide access is made in one of many executions only. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
static union {
    uint64_t whole;
    uint32_t half[2];
} word;
static int go;
static void *low(void *a) {
    __atomic_store_n(&word.half[0], 1, __ATOMIC_SEQ_CST);
    return a;
}
static void *high(void *a) {
    __atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&word.half[1], 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&go, 2, __ATOMIC_SEQ_CST);
    return a;
}
int main(void) {
    pthread_t t[2];
    pthread_create(&t[0], NULL, high, NULL);
    pthread_create(&t[1], NULL, low, NULL);
    if (__atomic_load_n(&go, __ATOMIC_SEQ_CST) == 1) {
        uint64_t seen = __atomic_load_n(&word.whole, __ATOMIC_SEQ_CST);
        assert(seen != BAD);
    }
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    return 0;
}
