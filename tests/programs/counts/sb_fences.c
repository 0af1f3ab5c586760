/* SPDX-License-Identifier: MIT */
/* sb_fences: store buffering in a ring, with a seq_cst fence between store and load. */
#include "sized.h"

static atomic_int flags[N];

static void *raise_and_look(void *number) {
    const int me = *(int *)number;
    STORE(&flags[me], 1);
    atomic_thread_fence(memory_order_seq_cst);
    (void)LOAD(&flags[(me + 1) % N]);
    return NULL;
}

int main(void) {
    run_threads(N, raise_and_look);
    return 0;
}
