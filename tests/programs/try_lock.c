/* SPDX-License-Identifier: MIT */
/*
 * try_lock: who does not get the lock at once leaves a note instead.
 *
 * Bug       -DIGNORE_RESULT goes on as if the lock were taken.
 */
#include "start.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter;
static atomic_int notes;

static void *add_or_note(void *number) {
    const int busy = pthread_mutex_trylock(&mutex);
#ifndef IGNORE_RESULT
    if (busy) {
        atomic_fetch_add(&notes, 1);
        return number;
    }
#endif
    counter++;
    if (!busy)
        pthread_mutex_unlock(&mutex);
    return number;
}

int main(void) {
    run_same(2, add_or_note);
    assert(counter + atomic_load(&notes) == 2 && counter >= 1);
    return 0;
}
