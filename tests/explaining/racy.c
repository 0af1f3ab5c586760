/* SPDX-License-Identifier: MIT */
/* racy: small mistakes of the kind that people make, each shown by real threads on x86. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct racy {
    atomic_int owner, inside, next_id, wish[2];
    _Atomic(int *) cell;
};

bool racy_claim(struct racy *racy);
int racy_new_id(struct racy *racy);
bool racy_enter(struct racy *racy, int me);
bool racy_drop(struct racy *racy);
void racy_init(struct racy *racy);
void racy_wait_inside(struct racy *racy);

void racy_init(struct racy *racy) { atomic_store(&racy->cell, malloc(sizeof(int))); }

/* Looks, then takes: two may both have seen that nobody owns it. */
bool racy_claim(struct racy *racy) {
    if (atomic_load(&racy->owner))
        return false;
    atomic_store(&racy->owner, 1);
    return true;
}

/* A number for each caller, by a load and a store. */
int racy_new_id(struct racy *racy) {
    int id = atomic_load_explicit(&racy->next_id, memory_order_acquire);
    atomic_store_explicit(&racy->next_id, id + 1, memory_order_release);
    return id;
}

/* Dekker's entry without the fence: both may think that the other does not want to. */
bool racy_enter(struct racy *racy, int me) {
    atomic_store_explicit(&racy->wish[me], 1, memory_order_release);
    return atomic_load_explicit(&racy->wish[1 - me], memory_order_acquire) == 0;
}

/* Frees what it found, and only then says that it is gone. */
bool racy_drop(struct racy *racy) {
    int *cell = atomic_load(&racy->cell);
    if (cell == NULL)
        return false;
    free(cell);
    atomic_store(&racy->cell, NULL);
    return true;
}

/* Waits until two have come in, but coming in loses one now and then. */
void racy_wait_inside(struct racy *racy) {
    int seen = atomic_load(&racy->inside);
    atomic_store(&racy->inside, seen + 1);
    while (atomic_load(&racy->inside) < 2) {
    }
}
