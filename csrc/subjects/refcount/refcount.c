/* SPDX-License-Identifier: MIT */
/*
 * refcount: an object that the last of its users frees; see refcount.h.
 *
 * Orders    PUT (acq_rel, on the decrement) pairs with itself: release, so that a
 *           thread's uses come before its own put; acquire, so that the last put comes
 *           after all of them, and nobody still uses what it frees. With a relaxed PUT
 *           the free may overtake another thread's last use; on x86 the instruction is a
 *           full barrier all the same. GET (relaxed) has no partner: who gets a reference
 *           already holds one.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "refcount.h"

#ifndef REFCOUNT_GET
#define REFCOUNT_GET memory_order_relaxed
#endif
#ifndef REFCOUNT_PUT
#define REFCOUNT_PUT memory_order_acq_rel
#endif

struct object {
    atomic_int references;
    int content;
};

struct refcount {
    struct object *object; /* NULL once freed */
};

void refcount_init(struct refcount *refcount) {
    struct object *object = malloc(sizeof *object);
    if (object == NULL)
        abort();
    atomic_init(&object->references, 1);
    object->content = 42;
    refcount->object = object;
}

void refcount_destroy(struct refcount *refcount) {
    free(refcount->object);
    refcount->object = NULL;
}

void refcount_get(struct refcount *refcount) {
    atomic_fetch_add_explicit(&refcount->object->references, 1, REFCOUNT_GET);
}

int refcount_use(struct refcount *refcount) { return refcount->object->content; }

bool refcount_put(struct refcount *refcount, int *seen) {
    struct object *object = refcount->object;
    *seen = object->content;
    if (atomic_fetch_sub_explicit(&object->references, 1, REFCOUNT_PUT) != 1)
        return false;
    refcount->object = NULL;
    object->content = 0;
    free(object);
    return true;
}

bool refcount_is_valid(struct refcount *refcount) {
    return refcount->object == NULL || atomic_load(&refcount->object->references) > 0;
}
