/* SPDX-License-Identifier: MIT */
/*
 * cas_update: an increment that goes on with the value a failed exchange has stored.
 *
 * Why       A failed compare-exchange writes what it saw into `expected`. Loops rely on
 *           that, so they load once, before the loop; a checker that leaves `expected`
 *           alone after a failure would see this loop run for ever.
 * Progress  Lock-free: each failure but those for no reason is another thread's success.
 * Orders    CAS_CHANGE (success) and CAS_REFUSE (failure, read) have no partner: the
 *           word is all the data there is.
 */
#include <stdatomic.h>

#include "cas.h"

#ifndef CAS_CHANGE
#define CAS_CHANGE memory_order_relaxed
#endif
#ifndef CAS_REFUSE
#define CAS_REFUSE memory_order_relaxed
#endif

struct cas {
    atomic_int value;
};

void cas_init(struct cas *cas) { atomic_init(&cas->value, 0); }

int cas_read(struct cas *cas) { return atomic_load_explicit(&cas->value, CAS_REFUSE); }

int cas_increment(struct cas *cas) {
    int expected = atomic_load_explicit(&cas->value, CAS_REFUSE);
    while (!atomic_compare_exchange_weak_explicit(&cas->value, &expected, expected + 1,
                                                  CAS_CHANGE, CAS_REFUSE)) {
    }
    return expected + 1;
}

bool cas_is_valid(struct cas *cas) { return cas_read(cas) >= 0; }
