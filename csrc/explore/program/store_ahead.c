/* SPDX-License-Identifier: MIT */
/* store_ahead: see store_ahead.h. Reads as much of the machine's code as compilers put there. */
#include "program/store_ahead.h"

#include <stddef.h>

#include "program/machine_code.h"

enum { MOST_INSTRUCTIONS = 24 };

#if defined(__x86_64__)

bool store_ahead(uintptr_t code) {
    const uint8_t *at = (const uint8_t *)code;
    for (int i = 0; i < MOST_INSTRUCTIONS; i++) {
        struct machine_instruction found = machine_code_read(at);
        if (found.shape == MACHINE_ALWAYS ||
            (found.shape == MACHINE_STORES && *found.operand >> 6 != 3))
            return true;
        if (found.shape == MACHINE_UNKNOWN)
            return false;
        at = found.next;
    }
    return false;
}

#elif defined(__aarch64__)

static bool is_branch(uint32_t word) { return (word & 0x1C000000) == 0x14000000; }

/* Loads and stores: bit 22 loads, but for pairs of SIMD registers and 64-bit literals, which load, too. */
static bool is_store(uint32_t word) {
    if ((word & 0x0A000000) != 0x08000000 || (word & 0x3B000000) == 0x18000000)
        return false;
    if ((word & 0x3A000000) == 0x28000000) /* pairs */
        return !(word & 0x00400000);
    if (word & 0x04000000) /* SIMD: size and opc together */
        return !(word & 0x00400000);
    return !(word & 0x00C00000);
}

bool store_ahead(uintptr_t code) {
    const uint32_t *at = (const uint32_t *)code;
    for (int i = 0; i < MOST_INSTRUCTIONS && !is_branch(at[i]); i++)
        if (is_store(at[i]))
            return true;
    return false;
}

#endif
