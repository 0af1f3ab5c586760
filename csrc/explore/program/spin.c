/* SPDX-License-Identifier: MIT */
/* spin: see spin.h. */
#include "program/spin.h"

#include <string.h>

struct spin_entry spin_entry __attribute__((visibility("hidden")));

void spin_reset(struct spin *spin) {
    spin->actions = 0;
    spin->shared_count = 0;
    spin_effect(spin);
}

static int same_place(const struct arrival *a, const struct arrival *b) {
    return memcmp(a->what, b->what, sizeof a->what) == 0 &&
           memcmp(&a->entry, &b->entry, sizeof a->entry) == 0 &&
           a->byte_count == b->byte_count;
}

/* Zeroes the part of a copy of the stack, whose first byte was at `low`, that is in the range. */
static void blank(uint8_t *copy, uintptr_t low, uint32_t byte_count,
                  struct spin_range range) {
    uintptr_t start = range.start > low ? range.start : low;
    uintptr_t end = range.end < low + byte_count ? range.end : low + byte_count;

    if (start < end)
        memset(copy + (start - low), 0, end - start);
}

void spin_share(struct spin *spin, uintptr_t start, uintptr_t end) {
    struct spin_range range = {start, end};

    for (uint32_t i = 0; i < spin->shared_count; i++)
        if (spin->shared[i].start <= start && spin->shared[i].end >= end)
            return;
    if (spin->shared_count == SPIN_SHARED) { /* the first one makes room by growing */
        struct spin_range *first = &spin->shared[0];
        range.start = first->start = start < first->start ? start : first->start;
        range.end = first->end = end > first->end ? end : first->end;
    } else {
        spin->shared[spin->shared_count++] = range;
    }
    for (uint32_t i = 0; i < spin->count; i++) {
        struct arrival *before = &spin->arrivals[i];
        blank(spin->bytes + before->first_byte, before->entry.stack_pointer,
              before->byte_count, range);
    }
}

bool spin_is_shared(const struct spin *spin, uintptr_t start, uintptr_t end) {
    for (uint32_t i = 0; i < spin->shared_count; i++)
        if (spin->shared[i].start < end && start < spin->shared[i].end)
            return true;
    return false;
}

void spin_blank(const struct spin *spin, uint8_t *copy, uintptr_t low,
                uint32_t byte_count) {
    for (uint32_t i = 0; i < spin->shared_count; i++)
        blank(copy, low, byte_count, spin->shared[i]);
}

void spin_copy_stack(const struct spin *spin, uint8_t *copy, uintptr_t low,
                     uint32_t byte_count) {
    memcpy(copy, (const void *)low, byte_count);
    spin_blank(spin, copy, low, byte_count);
}

uint32_t spin_arrive(struct spin *spin, const uint64_t what[5], uintptr_t top) {
    uintptr_t low = spin_entry.stack_pointer;

    if (low == 0 || low >= top || top - low > SPIN_BYTES)
        return 0; /* too deep to compare: the limits on loops remain */
    uint32_t byte_count = (uint32_t)(top - low);
    if (spin->count == SPIN_ARRIVALS || spin->bytes_used + byte_count > SPIN_BYTES)
        spin_effect(spin);
    struct arrival *here = &spin->arrivals[spin->count];
    memcpy(here->what, what, sizeof here->what);
    here->entry = spin_entry;
    here->actions = spin->actions;
    here->first_byte = spin->bytes_used;
    here->byte_count = byte_count;
    uint8_t *stack = spin->bytes + spin->bytes_used;
    spin_copy_stack(spin, stack, low, byte_count);
    for (uint32_t i = spin->count; i-- > 0;) {
        const struct arrival *before = &spin->arrivals[i];
        if (same_place(before, here) &&
            memcmp(spin->bytes + before->first_byte, stack, byte_count) == 0)
            return here->actions - before->actions;
    }
    spin->bytes_used += byte_count;
    spin->count++;
    return 0;
}
