/* SPDX-License-Identifier: MIT */
/*
 * message_passing: data, then a flag.
 *
 * Orders    RAISE (release) pairs with LOOK (acquire).
 */
#include "start.h"

#ifndef RAISE
#define RAISE memory_order_release
#endif
#ifndef LOOK
#define LOOK memory_order_acquire
#endif

static int data;
static atomic_int flag;

static void *send(void *number) {
    data = 42;
    atomic_store_explicit(&flag, 1, RAISE);
    return number;
}

static void *receive(void *number) {
    while (!atomic_load_explicit(&flag, LOOK))
        ;
    assert(data == 42);
    return number;
}

int main(void) {
    thread_function *const functions[] = {send, receive};
    run_threads(2, functions);
    return 0;
}
