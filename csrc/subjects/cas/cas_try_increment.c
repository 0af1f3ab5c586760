/* SPDX-License-Identifier: MIT */
/*
 * cas_try_increment: an increment that is tried only once.
 *
 * Why       The textbook's example. It is right as long as its callers look at what it
 *           returns: a false means that nothing was counted, not that there was nothing
 *           to count.
 * Progress  Wait-free; may fail whenever another increment runs, never when alone.
 * Orders    CAS_CHANGE (success) and CAS_REFUSE (failure, read) have no partner: the word
 *           is all the data there is.
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

bool cas_try_increment(struct cas *cas) {
    int expected = atomic_load_explicit(&cas->value, CAS_REFUSE);
    return atomic_compare_exchange_strong_explicit(&cas->value, &expected, expected + 1,
                                                   CAS_CHANGE, CAS_REFUSE);
}

bool cas_is_valid(struct cas *cas) { return cas_read(cas) >= 0; }
