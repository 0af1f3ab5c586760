/* SPDX-License-Identifier: MIT */
/*
 * wide: a pointer and a tag that change together, as one 16-byte atomic.
 *
 * Why       A tag counts the changes of a pointer, so that a pointer that came back
 *           differs from one that stayed. Only a compare-exchange over both makes it
 *           work.
 * How       Compilers turn 16-byte <stdatomic.h> operations into calls of libatomic,
 *           which may take a lock; with -mcx16 the older __sync builtin is one `lock
 *           cmpxchg16b` in place. That is a full barrier, stronger than the orders asked
 *           for, and x86 has no weaker one. Builds with thread instrumentation use the
 *           operation that carries the order, so that a checker sees what the code asks
 *           for.
 * Progress  Lock-free on x86-64 with -mcx16. A load is an exchange of nothing by nothing:
 *           it needs the cache line for itself, and memory that may be written.
 */
#ifndef STACK_WIDE_H
#define STACK_WIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct tagged {
    _Alignas(16) void *pointer;
    uintptr_t tag;
};

__extension__ typedef unsigned __int128 wide;

_Static_assert(sizeof(struct tagged) == sizeof(wide), "pointer and tag fill it");

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer) ||                   \
    !defined(__x86_64__)
#define WIDE_NAMES_ORDERS 1
#else
#define WIDE_NAMES_ORDERS 0
#endif

static inline wide wide_from(struct tagged tagged) {
    wide bits;
    memcpy(&bits, &tagged, sizeof bits);
    return bits;
}

static inline struct tagged wide_to(wide bits) {
    struct tagged tagged;
    memcpy(&tagged, &bits, sizeof tagged);
    return tagged;
}

static inline struct tagged wide_load(wide *where, int order) {
#if WIDE_NAMES_ORDERS
    return wide_to(__atomic_load_n(where, order));
#else
    (void)order;
    return wide_to(__sync_val_compare_and_swap(where, 0, 0));
#endif
}

static inline bool wide_exchange(wide *where, struct tagged expected,
                                 struct tagged desired, int order) {
#if WIDE_NAMES_ORDERS
    wide seen = wide_from(expected);
    return __atomic_compare_exchange_n(where, &seen, wide_from(desired), false, order,
                                       __ATOMIC_RELAXED);
#else
    (void)order;
    return __sync_bool_compare_and_swap(where, wide_from(expected), wide_from(desired));
#endif
}

#endif
