/* SPDX-License-Identifier: MIT */
/*
 * cas_exchange: compare-exchange as an operation, made from the strong or the weak one.
 *
 * Why       The weak one may fail although the value was as expected (on machines with
 *           load-linked and store-conditional). Whoever takes such a failure for "another
 *           value was there" is wrong on ARM and right on x86, so CAS_WEAK=1 has to look
 *           at what it saw.
 * Progress  Strong: wait-free. Weak: loops only after failures for no reason.
 * Orders    CAS_CHANGE (success) and CAS_REFUSE (failure, read) have no partner: the word
 *           is all the data there is.
 */
#include <stdatomic.h>

#include "cas.h"

#ifndef CAS_WEAK
#define CAS_WEAK 0
#endif
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

bool cas_exchange(struct cas *cas, int expected, int desired, int *seen) {
    bool changed;
    do {
        *seen = expected;
#if CAS_WEAK
        changed = atomic_compare_exchange_weak_explicit(&cas->value, seen, desired,
                                                        CAS_CHANGE, CAS_REFUSE);
#else
        changed = atomic_compare_exchange_strong_explicit(&cas->value, seen, desired,
                                                          CAS_CHANGE, CAS_REFUSE);
#endif
    } while (!changed && *seen == expected);
    return changed;
}

bool cas_is_valid(struct cas *cas) { return cas_read(cas) >= 0; }
