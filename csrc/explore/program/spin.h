/* SPDX-License-Identifier: MIT */
/*
 * spin: has this thread come back to where it was, with all that it did undone?
 *
 * Why       A waiting loop must not multiply executions. A thread that arrives at the same read with
 *           the same registers and the same stack, and has had no effect in between, is where it
 *           was: it may as well have slept until what it reads changes.
 * Exact     Registers are the callee-saved ones as the program had them when it called (all others
 *           are dead across a call, but for the arguments, which are compared as well), without
 *           those that the program is about to overwrite (dead_registers.h); the stack
 *           is compared byte for byte from the stack pointer up, without those that the function is
 *           about to overwrite (dead_slots.h). No hash stands for either.
 *           So no live thread is ever put to sleep. A dead stack slot, or a register that is not known
 *           to be dead, costs one more iteration where it differs, never a wrong answer.
 * Shared    Bytes of the own stack that the thread reaches atomically, or that another thread
 *           reaches at all, are memory like any other: they may change while it waits, so they are
 *           left out of the comparison, and writing them is an effect.
 * Effects   Everything another thread could notice. Loads, failed compare-exchanges, fences and
 *           yields are none. What plain writes outside the own stack changed must be as it was:
 *           they are logged. Whether atomic writes were taken back, and nobody has read what was
 *           there meanwhile, only the graph can tell (rounds.h). Allocating, creating threads and
 *           the like are never undone.
 */
#ifndef EXPLORE_SPIN_H
#define EXPLORE_SPIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__aarch64__)
enum { SPIN_REGISTERS = 19 }; /* x19..x29, d8..d15 */
#else
enum { SPIN_REGISTERS = 6 }; /* rbx rbp r12..r15 */
#endif
enum {
    SPIN_ARRIVALS = 144, /* some spin a hundred times, then yield */
    SPIN_BYTES = 65536,
    SPIN_SHARED = 16,
    SPIN_HELD = 4,
    SPIN_WRITES = 64,
    SPIN_LOG = 4096
};

/* What the program's registers held when it called; filled by the entry stubs. */
struct spin_entry {
    uintptr_t stack_pointer;
    uintptr_t saved[SPIN_REGISTERS];
};

extern struct spin_entry spin_entry;

/* What the runtime knows of a thread beside its registers and its memory. */
struct spin_own {
    uintptr_t held[SPIN_HELD]; /* locks, with how often they are held */
    uint64_t depth[SPIN_HELD];
    uint64_t held_count;
    uint64_t random_state, key_used, blocked_signals, looked_ns;
    uint32_t keys_made, children, destructors, error_number;
    uint64_t descriptors_made;
};

struct arrival {
    uint64_t what[5]; /* site and kind, address, operands that the program passed */
    struct spin_entry entry;
    struct spin_own own;
    uint32_t writes;        /* in the log, by then */
    uint32_t atomic_writes; /* of the thread, by then */
    uint32_t actions;       /* of the thread, when it arrived */
    uint32_t first_byte;
    uint32_t byte_count;
};

struct spin_range {
    uintptr_t start, end;
};

/* A plain write outside the own stack, with what was there before. */
struct spin_write {
    uintptr_t start;
    uint32_t length;
    uint32_t first_byte;
};

struct spin {
    uint32_t actions; /* since the thread's start */
    uint32_t count;
    uint32_t bytes_used;
    uint32_t shared_count;
    uint32_t write_count, log_used;
    uint32_t atomic_writes;                 /* since the thread's start */
    struct spin_range shared[SPIN_SHARED];  /* in this execution, of the own stack */
    struct arrival arrivals[SPIN_ARRIVALS]; /* since what can never be undone */
    struct spin_write writes[SPIN_WRITES];  /* the same */
    uint8_t log[SPIN_LOG];
    uint8_t bytes[SPIN_BYTES];
};

/* Do the two differ in no register that is alive? `there` is of the thread's present call. */
bool spin_same_registers(const struct spin_entry *here, const struct spin_entry *there);

/* Do two copies of a stack, from the stack pointer up, differ in no byte that is alive? */
bool spin_same_stack(const struct spin_entry *before, const struct spin_entry *present,
                     const uint8_t *there, const uint8_t *here, uint32_t count);

void spin_reset(struct spin *spin);

/* Something that can never be undone. */
static inline void spin_effect(struct spin *spin) {
    spin->count = 0;
    spin->bytes_used = 0;
    spin->write_count = 0;
    spin->log_used = 0;
}

/* Before a plain write outside the own stack: keeps what is there. */
void spin_writes(struct spin *spin, uintptr_t start, size_t length);

/* An atomic write that changed something. */
static inline void spin_wrote(struct spin *spin) { spin->atomic_writes++; }

/* Bytes of the own stack turn out to be shared; from then on and in all that was noted before. False: they
   were known to be. */
bool spin_share(struct spin *spin, uintptr_t start, uintptr_t end);

/* Whether a write to the own stack can be noticed by others. */
bool spin_is_shared(const struct spin *spin, uintptr_t start, uintptr_t end);

/* Blanks what is shared in a copy of the own stack whose first byte was at `low`. */
void spin_blank(const struct spin *spin, uint8_t *copy, uintptr_t low,
                uint32_t byte_count);

/* Copies the own stack from `low` up, with what is shared blanked. */
void spin_copy_stack(const struct spin *spin, uint8_t *copy, uintptr_t low,
                     uint32_t byte_count);

/* What a thread has done since it was in this very state. */
struct spin_round {
    uint32_t
        before; /* 1 + the arrival; 0: it was not in this state, as far as is known */
    uint32_t actions;   /* since then */
    bool wrote_atomics; /* whether it took that back is not known here */
};

/* What it has done since that arrival, `before` as above. */
struct spin_round spin_round_since(const struct spin *spin, uint32_t before);

/* The thread, whose stack ends at `top`, called with the registers `entry` and is about to do what
   `what` describes. `goes_on`: it is known that it has not come back. */
struct spin_round spin_arrive(struct spin *spin, const uint64_t what[5],
                              const struct spin_entry *entry, const struct spin_own *own,
                              uintptr_t top, bool goes_on);

/* Does the last arrival differ from an earlier one by a leap of the clock (own_clock.h) at most? */
bool spin_leapt(const struct spin *spin, uint32_t earlier, uint64_t leap_s);

#endif
