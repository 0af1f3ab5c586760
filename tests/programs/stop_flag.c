/* SPDX-License-Identifier: MIT */
/*
 * stop_flag: a worker polls until it is told to stop; what it counted is then read.
 *
 * Orders    DONE (release) pairs with the final acquire load.
 * Bug       -DPLAIN_FLAG: the flag is not atomic, the compiler may load it once.
 */
#include "start.h"

#ifndef DONE
#define DONE memory_order_release
#endif

#ifdef PLAIN_FLAG
static int stop;
#define STOPPED() stop
#define TELL() (stop = 1)
#else
static atomic_int stop;
#define STOPPED() atomic_load_explicit(&stop, memory_order_relaxed)
#define TELL() atomic_store_explicit(&stop, 1, memory_order_relaxed)
#endif
static atomic_int finished;
static int result;

static void *work(void *number) {
    while (!STOPPED())
        ;
    result = 9;
    atomic_store_explicit(&finished, 1, DONE);
    return number;
}

static void *control(void *number) {
    TELL();
    if (atomic_load_explicit(&finished, memory_order_acquire))
        assert(result == 9);
    return number;
}

int main(void) {
    thread_function *const functions[] = {work, control};
    run_threads(2, functions);
    return 0;
}
