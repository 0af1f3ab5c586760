/* SPDX-License-Identifier: MIT */
/* ainc: N threads add one atomically. */
#include "sized.h"

static atomic_int x;

static void *add_one(void *number) {
    (void)number;
    atomic_fetch_add_explicit(&x, 1, RMW_ORDER);
    return NULL;
}

int main(void) {
    run_threads(N, add_one);
    assert(x == N);
    return 0;
}
