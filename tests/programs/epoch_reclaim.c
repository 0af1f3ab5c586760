/* SPDX-License-Identifier: MIT */
/*
 * epoch_reclaim: a reader says that it is inside; the writer waits for it before freeing (as RCU does).
 *
 * Orders    ENTER and RETIRE (seq_cst fences): either the writer sees the reader inside or the
 *           reader sees the new pointer. LEAVE (release) ends the reads before the free.
 * Bug       -DNO_GRACE frees at once.
 */
#include "start.h"

#ifndef ENTER
#define ENTER memory_order_seq_cst
#endif
#ifndef RETIRE
#define RETIRE memory_order_seq_cst
#endif
#ifndef LEAVE
#define LEAVE memory_order_release
#endif

struct config {
    int left, right;
};

static struct config *_Atomic current;
static atomic_int inside;

static struct config *make(int value) {
    struct config *config = malloc(sizeof *config);
    config->left = config->right = value;
    return config;
}

static void *read_config(void *number) {
    atomic_store_explicit(&inside, 1, memory_order_relaxed);
    atomic_thread_fence(ENTER);
    const struct config *seen = atomic_load_explicit(&current, memory_order_acquire);
    assert(seen->left == seen->right);
    atomic_store_explicit(&inside, 0, LEAVE);
    return number;
}

static void *replace_config(void *number) {
    struct config *old = atomic_exchange_explicit(&current, make(2), memory_order_acq_rel);
    atomic_thread_fence(RETIRE);
#ifndef NO_GRACE
    while (atomic_load_explicit(&inside, memory_order_acquire))
        ;
#endif
    free(old);
    return number;
}

int main(void) {
    atomic_store(&current, make(1));
    thread_function *const functions[] = {read_config, replace_config};
    run_threads(2, functions);
    free(atomic_load(&current));
    return 0;
}
