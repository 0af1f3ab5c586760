/* SPDX-License-Identifier: MIT */
/* spin: see spin.h. */
#include "program/spin.h"

#include <string.h>

#include "program/dead_registers.h"
#include "program/dead_slots.h"

struct spin_entry spin_entry __attribute__((visibility("hidden")));

void spin_reset(struct spin *spin) {
    spin->actions = 0;
    spin->shared_count = 0;
    spin->atomic_writes = 0;
    spin_effect(spin);
}

static uint32_t registers_apart(const struct spin_entry *a, const struct spin_entry *b) {
    uint32_t apart = 0;

    for (uint32_t i = 0; i < SPIN_REGISTERS; i++)
        apart |= (uint32_t)(a->saved[i] != b->saved[i]) << i;
    return apart;
}

/* Elsewhere a call leaves where it returns to in a register. The bottom of a stack, where a thread
   or an operation ends, returns to nowhere: that is 0. */
static uint32_t dead_of(const struct spin_entry *present) {
#if defined(__x86_64__)
    uintptr_t code = *(const uintptr_t *)present->stack_pointer;

    return code ? dead_registers(code) : 0;
#else
    (void)present;
    return 0;
#endif
}

bool spin_same_registers(const struct spin_entry *here, const struct spin_entry *there) {
    if (here->stack_pointer != there->stack_pointer)
        return false;
    uint32_t apart = registers_apart(here, there);
    return !apart || !(apart & ~dead_of(there));
}

bool spin_same_stack(const struct spin_entry *before, const struct spin_entry *present,
                     const uint8_t *there, const uint8_t *here, uint32_t count) {
    if (memcmp(here, there, count) == 0)
        return true;
#if defined(__x86_64__)
    return before->saved[1] == present->saved[1] &&
           *(const uintptr_t *)present->stack_pointer &&
           dead_slots_hide(present->stack_pointer, present->saved[1], here, there, count);
#else
    (void)before, (void)present;
    return false;
#endif
}

static int same_place(const struct arrival *a, const struct arrival *b) {
    return a->entry.stack_pointer == b->entry.stack_pointer &&
           memcmp(a->what, b->what, sizeof a->what) == 0 &&
           memcmp(&a->own, &b->own, sizeof a->own) == 0 && a->byte_count == b->byte_count;
}

/* Zeroes the part of a copy of the stack, whose first byte was at `low`, that is in the range. */
static void blank(uint8_t *copy, uintptr_t low, uint32_t byte_count,
                  struct spin_range range) {
    uintptr_t start = range.start > low ? range.start : low;
    uintptr_t end = range.end < low + byte_count ? range.end : low + byte_count;

    if (start < end)
        memset(copy + (start - low), 0, end - start);
}

/* Has the thread left these bytes of its stack alone since it arrived there? */
static bool is_as_it_arrived(const struct spin *spin, const struct arrival *arrival,
                             struct spin_range range) {
    uintptr_t low = arrival->entry.stack_pointer;
    uintptr_t start = range.start > low ? range.start : low;
    uintptr_t high = low + arrival->byte_count;
    uintptr_t end = range.end < high ? range.end : high;

    return start >= end || memcmp(spin->bytes + arrival->first_byte + (start - low),
                                  (const void *)start, end - start) == 0;
}

/* In another order of the same steps the bytes may be shared after the thread has come back: so that
 * it is seen to come back in both, what it noted is kept unless it wrote there itself. */
static void share_in_arrivals(struct spin *spin, struct spin_range range) {
    for (uint32_t i = 0; i < spin->count; i++) {
        struct arrival *arrival = &spin->arrivals[i];
        if (!is_as_it_arrived(spin, arrival, range)) {
            spin_effect(spin); /* what was written there before is not in the log */
            return;
        }
        blank(spin->bytes + arrival->first_byte, arrival->entry.stack_pointer,
              arrival->byte_count, range);
    }
}

bool spin_share(struct spin *spin, uintptr_t start, uintptr_t end) {
    struct spin_range range = {start, end};

    for (uint32_t i = 0; i < spin->shared_count; i++)
        if (spin->shared[i].start <= start && spin->shared[i].end >= end)
            return false;
    if (spin->shared_count == SPIN_SHARED) { /* the first one makes room by growing */
        struct spin_range *first = &spin->shared[0];
        range.start = first->start = start < first->start ? start : first->start;
        range.end = first->end = end > first->end ? end : first->end;
    } else {
        spin->shared[spin->shared_count++] = range;
    }
    share_in_arrivals(spin, range);
    return true;
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

void spin_writes(struct spin *spin, uintptr_t start, size_t length) {
    if (spin->count == 0)
        return;
    if (spin->write_count == SPIN_WRITES || length > SPIN_LOG - spin->log_used) {
        spin_effect(spin);
        return;
    }
    spin->writes[spin->write_count++] =
        (struct spin_write){start, (uint32_t)length, spin->log_used};
    memcpy(spin->log + spin->log_used, (const void *)start, length);
    spin->log_used += (uint32_t)length;
}

static bool covers(const struct spin_write *write, uintptr_t address) {
    return address - write->start < write->length;
}

/* Do the bytes that this write of the log changed hold what they held when entry `from` was made? */
static bool is_as_before(const struct spin *spin, uint32_t from, uint32_t index) {
    const struct spin_write *write = &spin->writes[index];

    for (uint32_t i = 0; i < write->length; i++) {
        uintptr_t address = write->start + i;
        uint32_t first = from;
        while (!covers(&spin->writes[first], address))
            first++;
        if (first == index &&
            *(const uint8_t *)address != spin->log[write->first_byte + i])
            return false;
    }
    return true;
}

static bool all_is_as_before(const struct spin *spin, uint32_t from) {
    for (uint32_t i = from; i < spin->write_count; i++)
        if (!is_as_before(spin, from, i))
            return false;
    return true;
}

/* Do the two stacks differ in nothing that is looked at again? */
static bool same_stack(const struct spin *spin, const struct arrival *before,
                       const struct arrival *here) {
    return spin_same_stack(&before->entry, &here->entry, spin->bytes + before->first_byte,
                           spin->bytes + here->first_byte, here->byte_count);
}

/* The newest arrival in the same state; NULL: none is known. */
static const struct arrival *came_here(const struct spin *spin,
                                       const struct arrival *here) {
    uint32_t dead = UINT32_MAX; /* not asked yet */

    for (uint32_t i = spin->count; i-- > 0;) {
        const struct arrival *before = &spin->arrivals[i];
        if (!same_place(before, here) || !same_stack(spin, before, here))
            continue;
        uint32_t apart = registers_apart(&before->entry, &here->entry);
        if (apart && dead == UINT32_MAX)
            dead = dead_of(&here->entry);
        if (!(apart & ~dead) && all_is_as_before(spin, before->writes))
            return before;
    }
    return NULL;
}

struct spin_round spin_round_since(const struct spin *spin, uint32_t before) {
    struct spin_round round = {before, 0, false};
    const struct arrival *here = &spin->arrivals[spin->count - 1];

    if (before) {
        const struct arrival *then = &spin->arrivals[before - 1];
        round.actions = here->actions - then->actions;
        round.wrote_atomics = here->atomic_writes != then->atomic_writes;
    }
    return round;
}

struct spin_round spin_arrive(struct spin *spin, const uint64_t what[5],
                              const struct spin_entry *entry, const struct spin_own *own,
                              uintptr_t top, bool goes_on) {
    struct spin_round round = {0, 0, false};
    uintptr_t low = entry->stack_pointer;

    if (low == 0 || low >= top || top - low > SPIN_BYTES || own->held_count > SPIN_HELD)
        return round; /* too deep to compare: the limits on loops remain */
    uint32_t byte_count = (uint32_t)(top - low);
    if (spin->count == SPIN_ARRIVALS || spin->bytes_used + byte_count > SPIN_BYTES)
        spin_effect(spin);
    struct arrival *here = &spin->arrivals[spin->count];
    memcpy(here->what, what, sizeof here->what);
    here->entry = *entry;
    here->own = *own;
    here->actions = spin->actions;
    here->writes = spin->write_count;
    here->atomic_writes = spin->atomic_writes;
    here->first_byte = spin->bytes_used;
    here->byte_count = byte_count;
    spin_copy_stack(spin, spin->bytes + spin->bytes_used, low, byte_count);
    const struct arrival *before = goes_on ? NULL : came_here(spin, here);
    spin->bytes_used += byte_count;
    spin->count++;
    return spin_round_since(spin, before ? (uint32_t)(before - spin->arrivals) + 1 : 0);
}

/* A time in seconds, or in a fraction of them, as a number of either kind? */
static bool word_leapt(uint64_t before, uint64_t now, uint64_t leap_s) {
    uint64_t leap = leap_s;
    double then_s, now_s;

    if (before == now)
        return true;
    for (int unit = 0; unit < 4; unit++, leap *= 1000)
        if (now - before == leap)
            return true;
    memcpy(&then_s, &before, sizeof then_s);
    memcpy(&now_s, &now, sizeof now_s);
    double units = (now_s - then_s) / (double)leap_s;
    for (double unit = 1; unit < 1e10; unit *= 1000)
        if (units > unit * 0.999999 && units < unit * 1.000001)
            return true;
    return false;
}

static bool words_leapt(const void *before, const void *now, size_t bytes,
                        uint64_t leap_s) {
    for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
        uint64_t one = 0, other = 0;
        size_t length = bytes - at < sizeof one ? bytes - at : sizeof one;
        memcpy(&one, (const uint8_t *)before + at, length);
        memcpy(&other, (const uint8_t *)now + at, length);
        if (!word_leapt(one, other, leap_s))
            return false;
    }
    return true;
}

/* What the eight bytes from `word` on held when entry `from` of the log was made. */
static uint64_t word_before(const struct spin *spin, uint32_t from, uintptr_t word) {
    uint8_t bytes[sizeof(uint64_t)];
    uint64_t before;

    memcpy(bytes, (const void *)word, sizeof bytes);
    for (uint32_t i = spin->write_count; i-- > from;)
        for (size_t at = 0; at < sizeof bytes; at++)
            if (covers(&spin->writes[i], word + at))
                bytes[at] = spin->log[spin->writes[i].first_byte +
                                      (word + at - spin->writes[i].start)];
    memcpy(&before, bytes, sizeof before);
    return before;
}

/* Has the thread written nothing else since entry `from` than what differs by the leap? */
static bool all_has_leapt(const struct spin *spin, uint32_t from, uint64_t leap_s) {
    for (uint32_t i = from; i < spin->write_count; i++) {
        uintptr_t end = spin->writes[i].start + spin->writes[i].length;
        uintptr_t word = spin->writes[i].start & ~(uintptr_t)7;
        for (; word < end; word += sizeof(uint64_t)) {
            uint64_t now;
            memcpy(&now, (const void *)word, sizeof now);
            if (!word_leapt(word_before(spin, from, word), now, leap_s))
                return false;
        }
    }
    return true;
}

bool spin_leapt(const struct spin *spin, uint32_t earlier, uint64_t leap_s) {
    if (earlier + 1 >= spin->count)
        return false; /* it is not known any more */
    const struct arrival *before = &spin->arrivals[earlier];
    const struct arrival *here = &spin->arrivals[spin->count - 1];
    struct spin_own own = here->own;

    own.looked_ns = before->own.looked_ns;
    return here->own.looked_ns - before->own.looked_ns == leap_s * 1000000000u &&
           memcmp(before->what, here->what, sizeof here->what) == 0 &&
           before->entry.stack_pointer == here->entry.stack_pointer &&
           memcmp(&before->own, &own, sizeof own) == 0 &&
           before->byte_count == here->byte_count &&
           words_leapt(before->entry.saved, here->entry.saved, sizeof here->entry.saved,
                       leap_s) &&
           words_leapt(spin->bytes + before->first_byte, spin->bytes + here->first_byte,
                       here->byte_count, leap_s) &&
           all_has_leapt(spin, before->writes, leap_s);
}
