/* SPDX-License-Identifier: MIT */
/* indexer: N threads put four keys each into an open hash table (Flanagan and Godefroid, POPL 2005). */
#include "sized.h"

enum { SIZE = 128, KEYS = 4 };

static atomic_int table[SIZE];

static void *insert_keys(void *number) {
    for (int i = 0; i < KEYS; i++) {
        const int key = i * 11 + *(int *)number;
        int at = key * 7 % SIZE, found = 0;
        while (!atomic_compare_exchange_strong_explicit(&table[at], &found, key, RMW_ORDER,
                                                        memory_order_relaxed)) {
            at = (at + 1) % SIZE;
            found = 0;
        }
    }
    return NULL;
}

int main(void) {
    run_threads(N, insert_keys);
    return 0;
}
