/* SPDX-License-Identifier: MIT */
/*
 * layout: where everything of the program under test lies in memory.
 *
 * Why       A thread must see the same addresses whenever it makes the same moves, in every
 *           execution and in every process: pointers are values, and values decide.
 * Always    One thread's stack, thread-local block and heap arena depend on its id alone.
 *           Nothing of the host ever lies in this range.
 */
#ifndef EXPLORE_LAYOUT_H
#define EXPLORE_LAYOUT_H

#include <stdint.h>

/* Hidden locations that belong to no object: of thread t, t + 1; of signal s; of atomic sections; of
 * thread t again, whether its panic was taken, whether it may be joined, how it sleeps. */
#define LAYOUT_OF_SIGNALS 0x1000
#define LAYOUT_OF_SECTIONS 0x2000
#define LAYOUT_OF_DESCRIPTORS 0x3000
#define LAYOUT_OF_PANICS 0xf000
#define LAYOUT_OF_DETACHED 0xf100
#define LAYOUT_OF_SLEEPERS 0xf200
#define LAYOUT_OF_OBJECTS 0x10000 /* from here on: of objects */
#define LAYOUT_THREADS 64u        /* ids 0..63; a set of threads fits a 64-bit value */

#define LAYOUT_BASE ((uintptr_t)0x200000000000)

#define LAYOUT_IMAGE LAYOUT_BASE /* the program: code, constants, globals */
#define LAYOUT_IMAGE_BYTES ((uintptr_t)1 << 32)

/* Each stack is the upper half of its slot; the lower half is its guard. */
#define LAYOUT_STACKS (LAYOUT_BASE + ((uintptr_t)1 << 36))
#define LAYOUT_STACK_SLOT ((uintptr_t)16 << 20)
#ifndef LAYOUT_STACK_BYTES /* these, and the heap's, are less where each page costs: emulated */
#define LAYOUT_STACK_BYTES ((uintptr_t)8 << 20)
#endif
#define LAYOUT_STACKS_END (LAYOUT_STACKS + LAYOUT_THREADS * LAYOUT_STACK_SLOT)

#define LAYOUT_TLS (LAYOUT_BASE + ((uintptr_t)1 << 37))
#define LAYOUT_TLS_SLOT ((uintptr_t)1 << 20)
#define LAYOUT_TLS_END (LAYOUT_TLS + LAYOUT_THREADS * LAYOUT_TLS_SLOT)

#define LAYOUT_HEAP (LAYOUT_BASE + ((uintptr_t)1 << 38))
#ifndef LAYOUT_ARENA_BYTES /* a power of two */
#define LAYOUT_ARENA_BYTES ((uintptr_t)1 << 32)
#endif
#define LAYOUT_HEAP_END (LAYOUT_HEAP + LAYOUT_THREADS * LAYOUT_ARENA_BYTES)

/* Hidden locations carry this bit, so none is ever mistaken for the program's memory. */
#define LAYOUT_HIDDEN ((uintptr_t)1 << 63)

static inline uintptr_t layout_stack_top(uint32_t thread) {
    return LAYOUT_STACKS + (thread + 1) * LAYOUT_STACK_SLOT;
}

static inline uintptr_t layout_arena(uint32_t thread) {
    return LAYOUT_HEAP + thread * LAYOUT_ARENA_BYTES;
}

static inline int layout_is_heap(uintptr_t address) {
    return address >= LAYOUT_HEAP && address < LAYOUT_HEAP_END;
}

static inline int layout_is_stack(uintptr_t address) {
    return address >= LAYOUT_STACKS && address < LAYOUT_STACKS_END;
}

#endif
