/* SPDX-License-Identifier: MIT */
/*
 * free_once: two closers, one resource; an exchange decides who frees.
 *
 * Bug       -DLOOK_THEN_CLEAR loads and clears: both may get the pointer.
 */
#include "start.h"

static int *_Atomic resource;

static void *close_it(void *number) {
#ifdef LOOK_THEN_CLEAR
    int *mine = atomic_load(&resource);
    atomic_store(&resource, NULL);
#else
    int *mine = atomic_exchange(&resource, NULL);
#endif
    free(mine);
    return number;
}

int main(void) {
    atomic_store(&resource, malloc(sizeof(int)));
    run_same(2, close_it);
    return 0;
}
