/* SPDX-License-Identifier: MIT */
/*
 * counter: threads count together.
 *
 * Bugs      -DPLAIN and -DVOLATILE leave out the mutex: an increment is a read and a write.
 */
#include "start.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#ifdef VOLATILE
static volatile int counter;
#else
static int counter;
#endif

static void *add_one(void *number) {
#if !defined PLAIN && !defined VOLATILE
    pthread_mutex_lock(&mutex);
#endif
    counter = counter + 1;
#if !defined PLAIN && !defined VOLATILE
    pthread_mutex_unlock(&mutex);
#endif
    return number;
}

int main(void) {
    run_same(3, add_one);
    (void)mutex;
    assert(counter == 3);
    return 0;
}
