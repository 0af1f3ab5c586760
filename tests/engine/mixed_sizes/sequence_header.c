/* SPDX-License-Identifier: MIT */
/* A header written whole, of which readers look at one field at a time. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#ifndef PUBLISH
#define PUBLISH __ATOMIC_RELEASE
#endif
static union header {
    uint64_t whole;
    struct {
        uint32_t sequence, length;
    } part;
} header;
static int data;
static void *writer(void *a) {
    __atomic_store_n(&data, 1, __ATOMIC_RELAXED);
    union header next = {.part = {2, 1}};
    __atomic_store_n(&header.whole, next.whole, PUBLISH);
    return a;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, NULL, writer, NULL);
    uint32_t length = __atomic_load_n(&header.part.length, __ATOMIC_ACQUIRE);
    uint32_t sequence = __atomic_load_n(&header.part.sequence, __ATOMIC_ACQUIRE);
    if (length)
        assert(sequence == 2 && __atomic_load_n(&data, __ATOMIC_RELAXED) == 1);
    return pthread_join(t, NULL);
}
