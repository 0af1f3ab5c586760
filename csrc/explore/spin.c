/* SPDX-License-Identifier: MIT */
/* spin: see spin.h. */
#include "spin.h"

#include <string.h>

struct program_entry program_entry __attribute__((visibility("hidden")));

void spin_reset(struct spin *spin) {
    spin->actions = 0;
    spin_effect(spin);
}

static int same_place(const struct arrival *a, const struct arrival *b) {
    return memcmp(a->what, b->what, sizeof a->what) == 0 &&
           memcmp(&a->entry, &b->entry, sizeof a->entry) == 0 &&
           a->byte_count == b->byte_count;
}

uint32_t spin_arrive(struct spin *spin, const uint64_t what[5], uintptr_t top) {
    uintptr_t low = program_entry.stack_pointer;

    if (low == 0 || low >= top || top - low > SPIN_BYTES)
        return 0; /* too deep to compare: the limits on loops remain */
    uint32_t byte_count = (uint32_t)(top - low);
    if (spin->count == SPIN_ARRIVALS || spin->bytes_used + byte_count > SPIN_BYTES)
        spin_effect(spin);
    struct arrival *here = &spin->arrivals[spin->count];
    memcpy(here->what, what, sizeof here->what);
    here->entry = program_entry;
    here->actions = spin->actions;
    here->first_byte = spin->bytes_used;
    here->byte_count = byte_count;
    const void *stack = (const void *)low;
    for (uint32_t i = spin->count; i-- > 0;) {
        const struct arrival *before = &spin->arrivals[i];
        if (same_place(before, here) &&
            memcmp(spin->bytes + before->first_byte, stack, byte_count) == 0)
            return here->actions - before->actions;
    }
    memcpy(spin->bytes + here->first_byte, stack, byte_count);
    spin->bytes_used += byte_count;
    spin->count++;
    return 0;
}
