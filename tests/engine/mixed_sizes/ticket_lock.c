/* SPDX-License-Identifier: MIT */
/* A ticket lock in one word: halves by fetch_add and store, the whole by compare-exchange. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#ifndef ORDER
#define ORDER __ATOMIC_RELEASE
#endif
static union ticket {
    uint32_t whole;
    struct {
        uint16_t owner, next;
    } half;
} ticket;
static int counter;
static void lock(void) {
    uint16_t mine = __atomic_fetch_add(&ticket.half.next, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&ticket.half.owner, __ATOMIC_ACQUIRE) != mine)
        ;
}
static int try_lock(void) {
    union ticket old, new;
    old.whole = __atomic_load_n(&ticket.whole, __ATOMIC_RELAXED);
    if (old.half.owner != old.half.next)
        return 0;
    new = old;
    new.half.next++;
    return __atomic_compare_exchange_n(&ticket.whole, &old.whole, new.whole, 0,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
static void unlock(void) {
    __atomic_store_n(&ticket.half.owner, ticket.half.owner + 1, ORDER);
}
static void *waits(void *a) {
    lock();
    counter++;
    unlock();
    return a;
}
static void *tries(void *a) {
    if (try_lock()) {
        counter++;
        unlock();
    }
    return a;
}
int main(void) {
    pthread_t t[2];
    pthread_create(&t[0], NULL, waits, NULL);
    pthread_create(&t[1], NULL, tries, NULL);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    return !(counter == 1 || counter == 2);
}
