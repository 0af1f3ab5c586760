/* SPDX-License-Identifier: MIT */
/*
 * bakery: take the next number, wait for the smaller ones (Lamport, 1974).
 *
 * Orders    All seq_cst (ORDER): choosing and number together must look the same to everybody.
 * Bug       -DNO_CHOOSING leaves out the flag: a thread may not wait for one that is still choosing.
 */
#include "start.h"

#ifndef ORDER
#define ORDER memory_order_seq_cst
#endif

enum { THREADS = 2 };

static atomic_int choosing[THREADS], numbers[THREADS];
static int counter;

static void take_number(int me) {
#ifndef NO_CHOOSING
    atomic_store_explicit(&choosing[me], 1, ORDER);
#endif
    int largest = 0;
    for (int i = 0; i < THREADS; i++) {
        const int seen = atomic_load_explicit(&numbers[i], ORDER);
        largest = seen > largest ? seen : largest;
    }
    atomic_store_explicit(&numbers[me], largest + 1, ORDER);
#ifndef NO_CHOOSING
    atomic_store_explicit(&choosing[me], 0, ORDER);
#endif
}

static int goes_first(int other, int me, int mine) {
    const int number = atomic_load_explicit(&numbers[other], ORDER);
    return number != 0 && (number < mine || (number == mine && other < me));
}

static void *add_one(void *number) {
    const int me = number_of(number), other = 1 - me;
    take_number(me);
    const int mine = atomic_load_explicit(&numbers[me], memory_order_relaxed);
    while (atomic_load_explicit(&choosing[other], ORDER))
        ;
    while (goes_first(other, me, mine))
        ;
    counter++;
    atomic_store_explicit(&numbers[me], 0, memory_order_release);
    return number;
}

int main(void) {
    run_same(THREADS, add_one);
    assert(counter == THREADS);
    return 0;
}
