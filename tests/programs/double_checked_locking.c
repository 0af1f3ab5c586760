/* SPDX-License-Identifier: MIT */
/*
 * double_checked_locking: make an object once, without the lock when it is there already.
 *
 * Orders    PUBLISH (release) pairs with LOOK (acquire): who sees the pointer sees the object.
 * Bug       -DNO_SECOND_CHECK makes it twice and loses one.
 */
#include "start.h"

#ifndef PUBLISH
#define PUBLISH memory_order_release
#endif
#ifndef LOOK
#define LOOK memory_order_acquire
#endif

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static int *_Atomic instance;

static int *get(void) {
    int *seen = atomic_load_explicit(&instance, LOOK);
    if (seen != NULL)
        return seen;
    pthread_mutex_lock(&making);
    seen = atomic_load_explicit(&instance, memory_order_relaxed);
#ifdef NO_SECOND_CHECK
    seen = NULL;
#endif
    if (seen == NULL) {
        seen = malloc(sizeof *seen);
        *seen = 42;
        atomic_store_explicit(&instance, seen, PUBLISH);
    }
    pthread_mutex_unlock(&making);
    return seen;
}

static void *use(void *number) {
    assert(*get() == 42);
    return number;
}

int main(void) {
    run_same(2, use);
    free(atomic_load(&instance));
    return 0;
}
