/* SPDX-License-Identifier: MIT */
/*
 * spin: has this thread come back to a read without having done anything?
 *
 * Why       A waiting loop must not multiply executions. A thread that arrives at the same read with
 *           the same registers and the same stack, and has had no effect in between, is where it
 *           was: it may as well have slept until what it reads changes.
 * Exact     Registers are the callee-saved ones as the program had them when it called (all others
 *           are dead across a call, but for the arguments, which are compared as well); the stack
 *           is compared byte for byte from the stack pointer up. No hash stands for either.
 *           So no live thread is ever put to sleep. A dead register or stack slot that differs
 *           the first time round costs one more iteration, never a wrong answer.
 * Shared    Bytes of the own stack that the thread reaches atomically, or that another thread
 *           reaches at all, are memory like any other: they may change while it waits, so they are
 *           left out of the comparison, and writing them is an effect.
 * Effects   Everything another thread could notice: stores, read-modify-writes, plain writes
 *           outside the own stack, allocation. Loads, failed compare-exchanges, fences and yields
 *           are none.
 */
#ifndef EXPLORE_SPIN_H
#define EXPLORE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__aarch64__)
enum { SPIN_REGISTERS = 19 }; /* x19..x29, d8..d15 */
#else
enum { SPIN_REGISTERS = 6 }; /* rbx rbp r12..r15 */
#endif
enum { SPIN_ARRIVALS = 32, SPIN_BYTES = 32768, SPIN_SHARED = 16 };

/* What the program's registers held when it called; filled by the entry stubs. */
struct spin_entry {
    uintptr_t stack_pointer;
    uintptr_t saved[SPIN_REGISTERS];
};

extern struct spin_entry spin_entry;

struct arrival {
    uint64_t what[5]; /* site and kind, address, operands that the program passed */
    struct spin_entry entry;
    uint32_t actions; /* of the thread, when it arrived */
    uint32_t first_byte;
    uint32_t byte_count;
};

struct spin_range {
    uintptr_t start, end;
};

struct spin {
    uint32_t actions; /* since the thread's start */
    uint32_t count;
    uint32_t bytes_used;
    uint32_t shared_count;
    struct spin_range shared[SPIN_SHARED];  /* in this execution, of the own stack */
    struct arrival arrivals[SPIN_ARRIVALS]; /* since the last effect */
    uint8_t bytes[SPIN_BYTES];
};

void spin_reset(struct spin *spin);

static inline void spin_effect(struct spin *spin) {
    spin->count = 0;
    spin->bytes_used = 0;
}

/* Bytes of the own stack turn out to be shared; from then on and in all that was noted before. */
void spin_share(struct spin *spin, uintptr_t start, uintptr_t end);

/* Whether a write to the own stack can be noticed by others. */
bool spin_is_shared(const struct spin *spin, uintptr_t start, uintptr_t end);

/* Blanks what is shared in a copy of the own stack whose first byte was at `low`. */
void spin_blank(const struct spin *spin, uint8_t *copy, uintptr_t low,
                uint32_t byte_count);

/* Copies the own stack from `low` up, with what is shared blanked. */
void spin_copy_stack(const struct spin *spin, uint8_t *copy, uintptr_t low,
                     uint32_t byte_count);

/*
 * The thread, whose stack ends at `top`, is about to do the read described by `what`. Returns the
 * number of its actions since it was in this very state, 0 if it was not since its last effect.
 */
uint32_t spin_arrive(struct spin *spin, const uint64_t what[5], uintptr_t top);

#endif
