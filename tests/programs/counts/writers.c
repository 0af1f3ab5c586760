/* SPDX-License-Identifier: MIT */
/* writers: N threads write one location. */
#include "sized.h"

static atomic_int x;

static void *write_mine(void *number) {
    STORE(&x, *(int *)number + 1);
    return NULL;
}

int main(void) {
    run_threads(N, write_mine);
    return 0;
}
