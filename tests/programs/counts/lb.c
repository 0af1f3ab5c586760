/* SPDX-License-Identifier: MIT */
/* lb: load buffering in a ring of N threads. */
#include "sized.h"

static atomic_int flags[N];

static void *look_and_raise(void *number) {
    const int me = *(int *)number;
    (void)LOAD(&flags[(me + 1) % N]);
    STORE(&flags[me], 1);
    return NULL;
}

int main(void) {
    run_threads(N, look_and_raise);
    return 0;
}
