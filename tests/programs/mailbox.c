/* SPDX-License-Identifier: MIT */
/*
 * mailbox: letters change hands by exchange; who takes one frees it.
 *
 * Orders    HAND (acq_rel): a letter is complete when it is taken.
 * Bug       -DOVERWRITE drops what was in the box.
 */
#include "start.h"

#ifndef HAND
#define HAND memory_order_acq_rel
#endif

static int *_Atomic box;

static void *send(void *number) {
    int *letter = malloc(sizeof *letter);
    *letter = number_of(number) + 1;
#ifdef OVERWRITE
    atomic_store_explicit(&box, letter, memory_order_release);
#else
    free(atomic_exchange_explicit(&box, letter, HAND));
#endif
    return number;
}

static void *receive(void *number) {
    int *letter = atomic_exchange_explicit(&box, NULL, HAND);
    assert(letter == NULL || *letter > 0);
    free(letter);
    return number;
}

int main(void) {
    thread_function *const functions[] = {send, receive, send};
    run_threads(3, functions);
    free(atomic_load(&box));
    return 0;
}
