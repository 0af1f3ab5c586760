/* SPDX-License-Identifier: MIT */
/*
 * tsan_hooks: the calls that -fsanitize=thread puts before every access, as actions.
 *
 * Why       The compiler's instrumentation is the one view of an unmodified program that shows every
 *           access with its size and its order. libtsan is never loaded; these take its place.
 * Source    gcc: gcc/sanitizer.def; clang: llvm/lib/Transforms/Instrumentation/ThreadSanitizer.cpp.
 * Notes     __tsan_write comes before the store. A compare-exchange writes *expected here. The fence
 *           of a signal handler orders nothing between threads, so it is nothing.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "calls/atomics.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/late_write.h"
#include "program/runtime.h"

/* The compare value is the program's memory as well; on the own stack nobody else sees it. */
static void touch_expected(enum action_kind kind, const void *expected, unsigned size,
                           uint32_t site) {
    uintptr_t top = layout_stack_top(runtime_thread()->id);
    uintptr_t address = (uintptr_t)expected;
    if (address >= top || address < top - LAYOUT_STACK_BYTES)
        access_ask(kind, expected, size, site);
}

#define FETCH(bits, type, name, op)                                                      \
    SERVE_READ(type, __tsan_atomic##bits##_##name,                                       \
               (volatile type * address, type value, int order)) {                       \
        return (type)atomics_rmw(address, value, bits / 8, op, order, ENTERED_SITE);     \
    }

#define EXCHANGE_IF_EQUAL(bits, type, kind, weak)                                        \
    SERVE_READ(int, __tsan_atomic##bits##_compare_exchange_##kind,                       \
               (volatile type * address, type * expected, type desired, int order,       \
                int order_fail)) {                                                       \
        uint32_t site = ENTERED_SITE;                                                    \
        touch_expected(ACTION_READ, expected, bits / 8, site);                           \
        wide old = *expected;                                                            \
        bool done = atomics_cas(address, &old, desired, bits / 8, weak, order,           \
                                order_fail, site);                                       \
        if (!done) {                                                                     \
            touch_expected(ACTION_WRITE, expected, bits / 8, site);                      \
            *expected = (type)old;                                                       \
        }                                                                                \
        return done;                                                                     \
    }

#define ATOMICS(bits, type)                                                              \
    SERVE_READ(type, __tsan_atomic##bits##_load,                                         \
               (const volatile type *address, int order)) {                              \
        return (type)atomics_load(address, bits / 8, order, ENTERED_SITE);               \
    }                                                                                    \
    SERVE_READ(void, __tsan_atomic##bits##_store,                                        \
               (volatile type * address, type value, int order)) {                       \
        atomics_store(address, value, bits / 8, order, ENTERED_SITE);                    \
    }                                                                                    \
    FETCH(bits, type, exchange, OP_EXCHANGE)                                             \
    FETCH(bits, type, fetch_add, OP_ADD)                                                 \
    FETCH(bits, type, fetch_sub, OP_SUB)                                                 \
    FETCH(bits, type, fetch_and, OP_AND)                                                 \
    FETCH(bits, type, fetch_or, OP_OR)                                                   \
    FETCH(bits, type, fetch_xor, OP_XOR)                                                 \
    FETCH(bits, type, fetch_nand, OP_NAND)                                               \
    EXCHANGE_IF_EQUAL(bits, type, strong, false)                                         \
    EXCHANGE_IF_EQUAL(bits, type, weak, true)                                            \
    SERVE_READ(type, __tsan_atomic##bits##_compare_exchange_val,                         \
               (volatile type * address, type expected, type desired, int order,         \
                int order_fail)) {                                                       \
        wide old = expected;                                                             \
        atomics_cas(address, &old, desired, bits / 8, false, order, order_fail,          \
                    ENTERED_SITE);                                                       \
        return (type)old;                                                                \
    }

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
ATOMICS(128, wide)

SERVE(void, __tsan_atomic_thread_fence, (int order)) { atomics_fence(order, SITE); }

SERVE(void, __tsan_atomic_signal_fence, (int order)) { (void)order; }

/* --- plain accesses ----------------------------------------------------------------------- */

/* After so many actions without effect a plain read, too, is taken for what a loop waits on. */
enum { PLAIN_SPIN_AFTER = 64 };

/* Every access through volatile has a hook, also to the own stack: it may count as an atomic one. */
static void add_flags(struct action *action, unsigned flags) {
    action->flags = (uint8_t)(action->flags | flags);
    if ((flags & ACTION_RELAXED) ||
        ((flags & ACTION_VOLATILE) &&
         (the_runtime->races_allowed || the_runtime->volatile_relaxed)))
        action->flags &= (uint8_t)~(ACTION_PRIVATE | ACTION_FILLED);
}

static void ask_plain_read(const void *address, size_t size, unsigned flags,
                           uint32_t site) {
    struct action *action = access_plain(ACTION_READ, address, size, site);

    if (!action)
        return;
    add_flags(action, flags);
    if (flags || ++runtime_thread()->plain_reads > PLAIN_SPIN_AFTER)
        runtime_ask_read(address, size, 0);
    else
        runtime_ask();
}

/* With what somebody wants this place's accesses to be taken for. */
static unsigned settle_plain(unsigned flags, uint32_t site) {
    struct orders *orders = &the_runtime->orders;
    return orders->wants_plain ? flags | orders_plain(orders, site) : flags;
}

static void plain_read(const void *address, size_t size, unsigned flags, uint32_t site) {
    if (!flags && access_is_private(ACTION_READ, address, size))
        return;
    flags = settle_plain(flags, site);
    bool holds = late_write_hold(address, size);

    if (access_tears(address, size))
        access_read_in_pieces(address, size, 0, site);
    else
        ask_plain_read(address, size, flags, site);
    if (holds)
        late_write_let_go();
}

static void plain_write(const void *address, size_t size, unsigned flags, uint32_t site) {
    if (!flags && access_is_private(ACTION_WRITE, address, size))
        return;
    flags = settle_plain(flags, site);
    if (late_write_put_off(address, size, flags, site))
        return;
    struct action *action = access_plain(ACTION_WRITE, address, size, site);

    if (!action)
        return;
    add_flags(action, flags);
    runtime_ask();
}

static void plain_update_reads(const void *address, size_t size, uint32_t site) {
    unsigned flags = settle_plain(0, site);
    if (access_tears(address, size))
        access_read_in_pieces(address, size, 0, site);
    else if (flags)
        ask_plain_read(address, size, flags, site);
    else
        access_ask(ACTION_READ, address, size, site);
}

#define PLAIN(suffix, size)                                                              \
    SERVE_READ(void, __tsan_##suffix##read##size, (const void *address)) {               \
        plain_read(address, size, 0, ENTERED_SITE);                                      \
    }                                                                                    \
    SERVE(void, __tsan_##suffix##write##size, (const void *address)) {                   \
        plain_write(address, size, 0, SITE);                                             \
    }                                                                                    \
    SERVE(void, __tsan_##suffix##read_write##size, (const void *address)) {              \
        plain_update_reads(address, size, SITE);                                         \
        plain_write(address, size, 0, SITE);                                             \
    }

#define VOLATILE(suffix, size)                                                           \
    SERVE_READ(void, __tsan_##suffix##volatile_read##size, (const void *address)) {      \
        plain_read(address, size, ACTION_VOLATILE, ENTERED_SITE);                        \
    }                                                                                    \
    SERVE(void, __tsan_##suffix##volatile_write##size, (const void *address)) {          \
        plain_write(address, size, ACTION_VOLATILE, SITE);                               \
    }

/* clang writes unaligned first, gcc writes volatile first; both are served. */
#define BOTH(size)                                                                       \
    PLAIN(, size)                                                                        \
    VOLATILE(, size)                                                                     \
    PLAIN(unaligned_, size)                                                              \
    VOLATILE(unaligned_, size)

BOTH(1)
BOTH(2)
BOTH(4)
BOTH(8)
BOTH(16)

SERVE(void, __tsan_read_range, (const void *address, size_t size)) {
    uint32_t site = SITE;
    bool holds = late_write_hold(address, size);

    if (access_tears(address, size))
        access_read_in_pieces(address, size, 0, site);
    else
        access_ask(ACTION_READ, address, size, site);
    if (holds)
        late_write_let_go();
}

SERVE(void, __tsan_write_range, (const void *address, size_t size)) {
    plain_write(address, size, 0, SITE);
}

SERVE(void, __tsan_vptr_read, (void **address)) {
    access_ask(ACTION_READ, address, sizeof *address, SITE);
}

/* Destructors set the pointer they already find; that is no write anyone could race with. */
SERVE(void, __tsan_vptr_update, (void **address, void *value)) {
    if (*address != value)
        plain_write(address, sizeof *address, 0, SITE);
}

SERVE(void, __tsan_func_entry, (void *caller)) { (void)caller; }
SERVE(void, __tsan_func_exit, (void)) {}
SERVE(void, __tsan_init, (void)) {}
SERVE(void, __tsan_ignore_thread_begin, (void)) {}
SERVE(void, __tsan_ignore_thread_end, (void)) {}

#define FETCH_SERVICES(bits)                                                             \
    SERVICE_READ(__tsan_atomic##bits##_load), SERVICE_READ(__tsan_atomic##bits##_store), \
        SERVICE_READ(__tsan_atomic##bits##_exchange),                                    \
        SERVICE_READ(__tsan_atomic##bits##_fetch_add),                                   \
        SERVICE_READ(__tsan_atomic##bits##_fetch_sub),                                   \
        SERVICE_READ(__tsan_atomic##bits##_fetch_and),                                   \
        SERVICE_READ(__tsan_atomic##bits##_fetch_or),                                    \
        SERVICE_READ(__tsan_atomic##bits##_fetch_xor),                                   \
        SERVICE_READ(__tsan_atomic##bits##_fetch_nand),                                  \
        SERVICE_READ(__tsan_atomic##bits##_compare_exchange_strong),                     \
        SERVICE_READ(__tsan_atomic##bits##_compare_exchange_weak),                       \
        SERVICE_READ(__tsan_atomic##bits##_compare_exchange_val)

#define PLAIN_SERVICES(suffix, size)                                                     \
    SERVICE_READ(__tsan_##suffix##read##size), SERVICE(__tsan_##suffix##write##size),    \
        SERVICE(__tsan_##suffix##read_write##size),                                      \
        SERVICE_READ(__tsan_##suffix##volatile_read##size),                              \
        SERVICE(__tsan_##suffix##volatile_write##size)

#define SIZE_SERVICES(size) PLAIN_SERVICES(, size), PLAIN_SERVICES(unaligned_, size)

const struct service tsan_services[] = {
    FETCH_SERVICES(8),
    FETCH_SERVICES(16),
    FETCH_SERVICES(32),
    FETCH_SERVICES(64),
    FETCH_SERVICES(128),
    SERVICE(__tsan_atomic_thread_fence),
    SERVICE(__tsan_atomic_signal_fence),
    SIZE_SERVICES(1),
    SIZE_SERVICES(2),
    SIZE_SERVICES(4),
    SIZE_SERVICES(8),
    SIZE_SERVICES(16),
    SERVICE(__tsan_read_range),
    SERVICE(__tsan_write_range),
    SERVICE(__tsan_vptr_read),
    SERVICE(__tsan_vptr_update),
    SERVICE(__tsan_func_entry),
    SERVICE(__tsan_func_exit),
    SERVICE(__tsan_init),
    SERVICE(__tsan_ignore_thread_begin),
    SERVICE(__tsan_ignore_thread_end),
    {0},
};
