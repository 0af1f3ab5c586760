/* SPDX-License-Identifier: MIT */
/*
 * library_atomics: the calls of libatomic, as the atomic operations that they stand for.
 *
 * Why       What a compiler does not write as instructions (16 bytes without -mcx16, structures
 *           under clang) it leaves to this library, and no hook comes before such a call.
 * What      Sizes that a processor has: 1 to 16 bytes, at a multiple of the size. For any other
 *           object the library takes a lock of its own; C11 promises less than a lock does, so
 *           that is refused by name.
 * Source    GCC wiki, Atomic/GCCMM/LIbrary; clang, docs/LanguageExtensions (libatomic's ABI).
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
#include "program/runtime.h"

/* Returns the size as the engine takes it. */
static unsigned checked(size_t size, const volatile void *address, const char *name,
                        uint32_t site) {
    bool is_one = size && size <= 16 && !(size & (size - 1));

    if (!is_one || ((uintptr_t)address & (size - 1)))
        runtime_fail(
            FAILURE_UNSUPPORTED, site,
            "the program calls `%s` for %zu bytes, where the library takes a lock "
            "of its own: the explorer cannot model that; atomics of 1, 2, 4, 8 or "
            "16 bytes at a multiple of their size are seen",
            name, size);
    return (unsigned)size;
}

static wide taken(const void *from, unsigned size, uint32_t site) {
    wide value = 0;

    access_ask_block(ACTION_READ, from, size, site);
    memcpy(&value, from, size);
    return value;
}

static void given(void *to, wide value, unsigned size, uint32_t site) {
    access_ask_block(ACTION_WRITE, to, size, site);
    memcpy(to, &value, size);
}

SERVE_READ(void, __atomic_load,
           (size_t size, const volatile void *address, void *result, int order)) {
    uint32_t site = ENTERED_SITE;
    unsigned bytes = checked(size, address, "__atomic_load", site);

    given(result, atomics_load(address, bytes, order, site), bytes, site);
}

SERVE_READ(void, __atomic_store,
           (size_t size, volatile void *address, const void *value, int order)) {
    uint32_t site = ENTERED_SITE;
    unsigned bytes = checked(size, address, "__atomic_store", site);

    atomics_store(address, taken(value, bytes, site), bytes, order, site);
}

SERVE_READ(void, __atomic_exchange,
           (size_t size, volatile void *address, const void *value, void *result,
            int order)) {
    uint32_t site = ENTERED_SITE;
    unsigned bytes = checked(size, address, "__atomic_exchange", site);
    wide desired = taken(value, bytes, site);

    given(result, atomics_rmw(address, desired, bytes, OP_EXCHANGE, order, site), bytes,
          site);
}

static bool exchange_if_equal(volatile void *address, void *expected, wide desired,
                              unsigned bytes, int order, int order_fail, uint32_t site) {
    wide old = taken(expected, bytes, site);
    bool done =
        atomics_cas(address, &old, desired, bytes, false, order, order_fail, site);

    if (!done)
        given(expected, old, bytes, site);
    return done;
}

SERVE_READ(bool, __atomic_compare_exchange,
           (size_t size, volatile void *address, void *expected, const void *desired,
            int order, int order_fail)) {
    uint32_t site = ENTERED_SITE;
    unsigned bytes = checked(size, address, "__atomic_compare_exchange", site);

    return exchange_if_equal(address, expected, taken(desired, bytes, site), bytes, order,
                             order_fail, site);
}

#define FETCH(bytes, type, name, op)                                                     \
    SERVE_READ(type, __atomic_fetch_##name##_##bytes,                                    \
               (volatile void *address, type value, int order)) {                        \
        uint32_t site = ENTERED_SITE;                                                    \
        checked(bytes, address, "__atomic_fetch_" #name "_" #bytes, site);               \
        return (type)atomics_rmw(address, value, bytes, op, order, site);                \
    }

#define SIZED(bytes, type)                                                               \
    SERVE_READ(type, __atomic_load_##bytes, (const volatile void *address, int order)) { \
        uint32_t site = ENTERED_SITE;                                                    \
        checked(bytes, address, "__atomic_load_" #bytes, site);                          \
        return (type)atomics_load(address, bytes, order, site);                          \
    }                                                                                    \
    SERVE_READ(void, __atomic_store_##bytes,                                             \
               (volatile void *address, type value, int order)) {                        \
        uint32_t site = ENTERED_SITE;                                                    \
        checked(bytes, address, "__atomic_store_" #bytes, site);                         \
        atomics_store(address, value, bytes, order, site);                               \
    }                                                                                    \
    SERVE_READ(type, __atomic_exchange_##bytes,                                          \
               (volatile void *address, type value, int order)) {                        \
        uint32_t site = ENTERED_SITE;                                                    \
        checked(bytes, address, "__atomic_exchange_" #bytes, site);                      \
        return (type)atomics_rmw(address, value, bytes, OP_EXCHANGE, order, site);       \
    }                                                                                    \
    SERVE_READ(bool, __atomic_compare_exchange_##bytes,                                  \
               (volatile void *address, void *expected, type desired, int order,         \
                int order_fail)) {                                                       \
        uint32_t site = ENTERED_SITE;                                                    \
        checked(bytes, address, "__atomic_compare_exchange_" #bytes, site);              \
        return exchange_if_equal(address, expected, desired, bytes, order, order_fail,   \
                                 site);                                                  \
    }                                                                                    \
    FETCH(bytes, type, add, OP_ADD)                                                      \
    FETCH(bytes, type, sub, OP_SUB)                                                      \
    FETCH(bytes, type, and, OP_AND)                                                      \
    FETCH(bytes, type, or, OP_OR)                                                        \
    FETCH(bytes, type, xor, OP_XOR)                                                      \
    FETCH(bytes, type, nand, OP_NAND)

SIZED(1, uint8_t)
SIZED(2, uint16_t)
SIZED(4, uint32_t)
SIZED(8, uint64_t)
SIZED(16, wide)

/* What the library answers on the machines that Heald knows. */
SERVE(bool, __atomic_is_lock_free, (size_t size, const volatile void *address)) {
    return size && size <= 16 && !(size & (size - 1)) &&
           !((uintptr_t)address & (size - 1));
}

#define SIZED_SERVICES(bytes)                                                            \
    SERVICE_READ(__atomic_load_##bytes), SERVICE_READ(__atomic_store_##bytes),           \
        SERVICE_READ(__atomic_exchange_##bytes),                                         \
        SERVICE_READ(__atomic_compare_exchange_##bytes),                                 \
        SERVICE_READ(__atomic_fetch_add_##bytes),                                        \
        SERVICE_READ(__atomic_fetch_sub_##bytes),                                        \
        SERVICE_READ(__atomic_fetch_and_##bytes),                                        \
        SERVICE_READ(__atomic_fetch_or_##bytes),                                         \
        SERVICE_READ(__atomic_fetch_xor_##bytes),                                        \
        SERVICE_READ(__atomic_fetch_nand_##bytes)

const struct service library_atomic_services[] = {
    SERVICE_READ(__atomic_load),
    SERVICE_READ(__atomic_store),
    SERVICE_READ(__atomic_exchange),
    SERVICE_READ(__atomic_compare_exchange),
    SIZED_SERVICES(1),
    SIZED_SERVICES(2),
    SIZED_SERVICES(4),
    SIZED_SERVICES(8),
    SIZED_SERVICES(16),
    SERVICE(__atomic_is_lock_free),
    {0},
};
