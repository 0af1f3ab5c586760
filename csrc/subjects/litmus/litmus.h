/* SPDX-License-Identifier: MIT */
/*
 * litmus: the smallest programs whose outcome a memory model decides.
 *
 * Why       Each asks one question of the model and of the machine: which outcomes are
 *           allowed, and which are ever seen. What a machine shows must be among what the
 *           model allows.
 * Source    Alglave, Maranget, Tautschnig, Herding Cats, ACM TOPLAS 36(2), 2014, for the
 *           names; Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017, for what is allowed.
 * Files     One shape per file. The picture in its head has one column per thread;
 *           LITMUS_BETWEEN stands in every gap of a column.
 * Together  Each operation by one thread, once; litmus_read when no other is in progress.
 * Always    Every location holds one of the values that the shape writes.
 * Orders    LITMUS_STORE and LITMUS_LOAD for all accesses of a shape. LITMUS_FENCE, if
 *           defined, puts a fence of that order between any two accesses of a thread.
 */
#ifndef LITMUS_H
#define LITMUS_H

#include <stdatomic.h>
#include <stdbool.h>

#ifndef LITMUS_STORE
#define LITMUS_STORE memory_order_relaxed
#endif
#ifndef LITMUS_LOAD
#define LITMUS_LOAD memory_order_relaxed
#endif
#ifdef LITMUS_FENCE
#define LITMUS_BETWEEN atomic_thread_fence(LITMUS_FENCE)
#else
#define LITMUS_BETWEEN ((void)0)
#endif

#define LOAD(location) atomic_load_explicit(&litmus->location, LITMUS_LOAD)
#define STORE(location, value)                                                           \
    atomic_store_explicit(&litmus->location, (value), LITMUS_STORE)

struct litmus {
    atomic_int x, y, z;
};

/* What is left in memory. */
static inline void litmus_read_all(struct litmus *litmus, int *x, int *y) {
    *x = atomic_load(&litmus->x);
    *y = atomic_load(&litmus->y);
}

/* Whether no location holds more than the greatest value the shape writes there. */
static inline bool litmus_in_range(struct litmus *litmus, int x, int y, int z) {
    int x_now = atomic_load(&litmus->x), y_now = atomic_load(&litmus->y);
    int z_now = atomic_load(&litmus->z);
    return 0 <= x_now && x_now <= x && 0 <= y_now && y_now <= y && 0 <= z_now &&
           z_now <= z;
}

/*
 * Every shape has these two and, as many as it has threads, litmus_first to
 * litmus_fourth, which take the state and a place for each value that they load.
 */
void litmus_read(struct litmus *litmus, int *x, int *y);
bool litmus_is_valid(struct litmus *litmus);

#endif
