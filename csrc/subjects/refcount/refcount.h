/* SPDX-License-Identifier: MIT */
/*
 * refcount: an object that the last of its users frees.
 *
 * Why       atomic_inc and atomic_dec_and_test, the pair under kref and shared_ptr:
 *           getting a reference orders nothing, giving up the last one orders everything.
 * Together  All three with all three, by threads that hold a reference: `put` gives up
 *           one that the caller holds, `get` adds one for the caller, to keep or to hand
 *           on. Whoever holds none must not call. is_valid: when no call is in progress.
 * Progress  get and use are wait-free; the last put frees.
 * Always    References is the number of references held; at 0 the object is gone.
 * Memory    init makes the object with one reference, the caller's.
 */
#ifndef REFCOUNT_H
#define REFCOUNT_H

#include <stdbool.h>

struct refcount;

void refcount_init(struct refcount *refcount);

/* Frees the object if somebody still holds a reference: for the end of a test. */
void refcount_destroy(struct refcount *refcount);

void refcount_get(struct refcount *refcount);

/* What is in the object: 42 as long as it lives. */
int refcount_use(struct refcount *refcount);

/* Uses it a last time (`*seen`), gives up a reference; true if it was the last. */
bool refcount_put(struct refcount *refcount, int *seen);

bool refcount_is_valid(struct refcount *refcount);

#endif
