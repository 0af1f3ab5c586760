/* SPDX-License-Identifier: MIT */
/* lastzero: N writers each add one to their left neighbour's cell; a reader looks for the last 0. */
#include "sized.h"

static atomic_int cells[N + 1];

static void *write_or_search(void *number) {
    const int me = *(int *)number;
    if (me == 0) {
        int at = N;
        while (LOAD(&cells[at]) != 0)
            at--;
    } else {
        STORE(&cells[me], LOAD(&cells[me - 1]) + 1);
    }
    return NULL;
}

int main(void) {
    run_threads(N + 1, write_or_search);
    return 0;
}
