/* SPDX-License-Identifier: MIT */
/* inc: N threads add one in two steps. */
#include "sized.h"

static atomic_int x;

static void *add_in_two_steps(void *number) {
    (void)number;
    const int seen = LOAD(&x);
    STORE(&x, seen + 1);
    return NULL;
}

int main(void) {
    run_threads(N, add_in_two_steps);
    return 0;
}
