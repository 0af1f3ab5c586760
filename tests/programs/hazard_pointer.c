/* SPDX-License-Identifier: MIT */
/*
 * hazard_pointer: a reader announces what it reads; who removes it waits with freeing (Michael, 2004).
 *
 * Orders    ANNOUNCE and SCAN (seq_cst fences): either the remover sees the announcement or the
 *           reader's second look sees the removal. This is store buffering.
 * Bug       -DNO_SECOND_LOOK trusts the pointer read before the announcement.
 */
#include "start.h"

#ifndef ANNOUNCE
#define ANNOUNCE memory_order_seq_cst
#endif
#ifndef SCAN
#define SCAN memory_order_seq_cst
#endif

static int *_Atomic shared;
static int *_Atomic hazard;

static void *read_value(void *number) {
    int *seen = atomic_load_explicit(&shared, memory_order_acquire);
    atomic_store_explicit(&hazard, seen, memory_order_relaxed);
    atomic_thread_fence(ANNOUNCE);
#ifndef NO_SECOND_LOOK
    if (atomic_load_explicit(&shared, memory_order_acquire) != seen)
        seen = NULL;
#endif
    if (seen != NULL)
        assert(*seen == 7);
    atomic_store_explicit(&hazard, NULL, memory_order_release);
    return number;
}

static void *remove_value(void *number) {
    int *old = atomic_exchange_explicit(&shared, NULL, memory_order_acq_rel);
    atomic_thread_fence(SCAN);
    while (atomic_load_explicit(&hazard, memory_order_acquire) == old)
        ;
    free(old);
    return number;
}

int main(void) {
    int *value = malloc(sizeof *value);
    *value = 7;
    atomic_store(&shared, value);
    thread_function *const functions[] = {read_value, remove_value};
    run_threads(2, functions);
    return 0;
}
