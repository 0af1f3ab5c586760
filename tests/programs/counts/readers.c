/* SPDX-License-Identifier: MIT */
/* readers: one writer, N readers. */
#include "sized.h"

static atomic_int x;

static void *write_or_read(void *number) {
    if (*(int *)number == 0)
        STORE(&x, 42);
    else
        (void)LOAD(&x);
    return NULL;
}

int main(void) {
    run_threads(N + 1, write_or_read);
    return 0;
}
