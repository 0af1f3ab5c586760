/* SPDX-License-Identifier: MIT */
/* iriw: two writers, N readers of both locations, in alternating order. */
#include "sized.h"

static atomic_int x, y;

static void *write_or_read(void *number) {
    const int me = *(int *)number;
    if (me == 0) {
        STORE(&x, 1);
    } else if (me == 1) {
        STORE(&y, 1);
    } else if (me & 1) {
        (void)LOAD(&x);
        (void)LOAD(&y);
    } else {
        (void)LOAD(&y);
        (void)LOAD(&x);
    }
    return NULL;
}

int main(void) {
    run_threads(N + 2, write_or_read);
    return 0;
}
