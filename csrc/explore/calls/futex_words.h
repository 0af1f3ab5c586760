/* SPDX-License-Identifier: MIT */
/*
 * futex_words: words of memory that threads sleep on: the lock of each, and who sleeps there.
 */
#ifndef EXPLORE_FUTEX_WORDS_H
#define EXPLORE_FUTEX_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Told of a thread that sleeps: the bits that it does not wait for, and this. */
#define IS_TIMED ((uint64_t)1 << 32)

bool futex_is_word(uintptr_t word);

/* The kernel's lock of a word, and the set of those who sleep on it: a bit each. */
void futex_lock(uintptr_t word, uint32_t site);
void futex_unlock(uintptr_t word, uint32_t site);
uintptr_t futex_set(uintptr_t word);

/* What is there, looked at by the kernel. */
uint32_t futex_word(uintptr_t word, uint32_t site);

/* The running thread is about to sleep; and what was told of another. */
void futex_tell(uint32_t bits, bool is_timed, uint32_t site);
uint64_t futex_told(uint64_t thread, uint32_t site);

/* Under the lock: wakes so many of those who wait for one of these bits; how many it were. */
long futex_wake(uintptr_t word, uint32_t most, uint32_t bits, uint32_t site);

#endif
