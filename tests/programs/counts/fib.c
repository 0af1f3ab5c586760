/* SPDX-License-Identifier: MIT */
/* fib: two threads add x and y into each other N times; a third looks. */
#include "sized.h"

static atomic_int x = 1, y = 1;

static void *add_or_look(void *number) {
    switch (*(int *)number) {
    case 0:
        for (int i = 0; i < N; i++)
            STORE(&x, LOAD(&x) + LOAD(&y));
        break;
    case 1:
        for (int i = 0; i < N; i++)
            STORE(&y, LOAD(&x) + LOAD(&y));
        break;
    default:
        if (LOAD(&x) <= 144)
            (void)LOAD(&y);
    }
    return NULL;
}

int main(void) {
    run_threads(3, add_or_look);
    return 0;
}
