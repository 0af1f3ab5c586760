/* SPDX-License-Identifier: MIT */
/*
 * letters: a chain that many lengthen, each behind whom it finds last.
 *
 * Orders    JOIN (acq_rel): a letter's empty link is there before the next one ties itself to it.
 */
#include "start.h"

#define JOIN memory_order_acq_rel

struct letter {
    struct letter *_Atomic next;
    int words;
};

static struct letter first, letters[2], *_Atomic last = &first;

static void *post(void *number) {
    struct letter *letter = &letters[number_of(number)];
    letter->words = 1;
    atomic_store_explicit(&letter->next, NULL, memory_order_relaxed);
    struct letter *before = atomic_exchange_explicit(&last, letter, JOIN);
    atomic_store_explicit(&before->next, letter, memory_order_release);
    return number;
}

int main(void) {
    run_same(2, post);
    int words = 0;
    for (struct letter *each = &first; each != NULL;
         each = atomic_load_explicit(&each->next, memory_order_acquire))
        words += each->words;
    assert(words == 2);
    return 0;
}
