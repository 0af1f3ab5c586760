/* SPDX-License-Identifier: MIT */
/* futex_variants: the operations beside waiting and waking. */
#ifndef EXPLORE_FUTEX_VARIANTS_H
#define EXPLORE_FUTEX_VARIANTS_H

#include <stdint.h>

/* As `futex` takes its arguments; `limit` is a number where no time is meant. */
struct futex_call {
    uintptr_t word;
    int operation;
    uint32_t value;
    uintptr_t limit;
    uintptr_t other;
    uint32_t other_value;
};

/* Refused by name if it is none that is known. */
long futex_variant(const struct futex_call *call, uint32_t site);

#endif
