/* SPDX-License-Identifier: MIT */
/*
 * reference_count: the last user frees.
 *
 * Orders    DROP (acq_rel): each user's last access comes before the free.
 * Bug       -DDROP_IN_TWO_STEPS loads and stores: two may both see themselves as not the last.
 */
#include "start.h"

#ifndef DROP
#define DROP memory_order_acq_rel
#endif

struct object {
    atomic_int users;
    int cells[2];
};

static struct object *shared;

static int drop(struct object *object) {
#ifdef DROP_IN_TWO_STEPS
    const int users = atomic_load_explicit(&object->users, memory_order_acquire);
    atomic_store_explicit(&object->users, users - 1, memory_order_release);
    return users == 1;
#else
    return atomic_fetch_sub_explicit(&object->users, 1, DROP) == 1;
#endif
}

static void *use(void *number) {
    struct object *object = shared;
    object->cells[number_of(number)] = 1;
    if (drop(object))
        free(object);
    return number;
}

int main(void) {
    shared = malloc(sizeof *shared);
    atomic_init(&shared->users, 2);
    run_same(2, use);
    shared = NULL; /* its users had it: what nobody freed is lost */
    return 0;
}
