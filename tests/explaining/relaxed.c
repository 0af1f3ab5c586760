/* SPDX-License-Identifier: MIT */
/* relaxed: a register whose orders promise nothing; x86 hardware gives more than that. */
#include <stdatomic.h>

struct relaxed {
    atomic_int value;
};

void relaxed_put(struct relaxed *relaxed, int value) {
    atomic_store_explicit(&relaxed->value, value, memory_order_relaxed);
}

int relaxed_get(struct relaxed *relaxed) {
    return atomic_load_explicit(&relaxed->value, memory_order_relaxed);
}
