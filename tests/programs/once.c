/* SPDX-License-Identifier: MIT */
/*
 * once: whatever comes first makes the table, the others wait for it.
 *
 * Bug       -DOWN_ONCE uses a plain flag instead of pthread_once.
 */
#include "start.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int made, times;

static void make(void) {
    times++;
    made = 42;
}

static void *use(void *number) {
#ifdef OWN_ONCE
    static int done;
    if (!done) {
        done = 1;
        make();
    }
    (void)once;
#else
    pthread_once(&once, make);
#endif
    assert(made == 42);
    return number;
}

int main(void) {
    run_same(3, use);
    assert(times == 1);
    return 0;
}
