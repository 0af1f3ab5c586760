/* SPDX-License-Identifier: MIT */
/* A local word that another thread adds to by halves. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
union word {
    uint32_t whole;
    uint16_t half[2];
};
static void *adds(void *a) {
    union word *w = a;
    __atomic_fetch_add(&w->half[0], 0xffff, __ATOMIC_RELAXED);
    __atomic_fetch_add(&w->half[0], 1, __ATOMIC_RELAXED);
    return a;
}
int main(void) {
    union word word = {.whole = 0};
    pthread_t t;
    pthread_create(&t, NULL, adds, &word);
    __atomic_fetch_add(&word.whole, 1 << 16, __ATOMIC_RELAXED);
    pthread_join(t, NULL);
    assert(word.whole == EXPECTED << 16);
    return 0;
}
