/* SPDX-License-Identifier: MIT */
/* mp_race: plain data, relaxed flag. Shows: a data race. */
#include "../start.h"

static int data;
static atomic_int flag;

static void *send(void *number) {
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return number;
}

static void *receive(void *number) {
    if (atomic_load_explicit(&flag, memory_order_relaxed))
        assert(data == 1);
    return number;
}

int main(void) {
    thread_function *const functions[] = {send, receive};
    run_threads(2, functions);
    return 0;
}
