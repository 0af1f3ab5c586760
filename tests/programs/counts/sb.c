/* SPDX-License-Identifier: MIT */
/* sb: store buffering in a ring of N threads. */
#include "sized.h"

static atomic_int flags[N];

static void *raise_and_look(void *number) {
    const int me = *(int *)number;
    STORE(&flags[me], 1);
    (void)LOAD(&flags[(me + 1) % N]);
    return NULL;
}

int main(void) {
    run_threads(N, raise_and_look);
    return 0;
}
