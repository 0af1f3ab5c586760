/* SPDX-License-Identifier: MIT */
/* futex_words: see futex_words.h. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls/condition_calls.h"
#include "calls/futex_words.h"
#include "calls/hidden.h"
#include "program/accesses.h"
#include "program/layout.h"
#include "program/runtime.h"

/* Two hidden locations of a word; its four bytes have one each. */
uintptr_t futex_set(uintptr_t word) { return runtime_hidden((const void *)word); }
static uintptr_t lock_of(uintptr_t word) {
    return runtime_hidden((const void *)(word + 1));
}

/* The kernel's own lock: nothing that a reader of a trace knows of. */
void futex_lock(uintptr_t word, uint32_t site) {
    uint64_t free_value = 0;
    const char *shown = the_runtime->verb;

    hidden_verb("");
    hidden_cas(lock_of(word), &free_value, 1, HIDDEN_WHEN(0), site);
    hidden_verb(shown);
}

void futex_unlock(uintptr_t word, uint32_t site) {
    const char *shown = the_runtime->verb;

    hidden_verb("");
    hidden_store(lock_of(word), 0, site);
    hidden_verb(shown);
}

uint32_t futex_word(uintptr_t word, uint32_t site) {
    if (layout_is_stack(word))
        access_touches_stack(word, sizeof(uint32_t), true);
    struct action *action = runtime_action(ACTION_LOAD, site);
    action->address = word;
    action->size = sizeof(uint32_t);
    action->order = ORDER_RELAXED;
    return (uint32_t)runtime_ask()->value[0];
}

/* What others must know of a thread that sleeps: which bits it waits for, if not any; its time limit. */
static uintptr_t told_of(uint64_t thread) {
    return runtime_hidden((const void *)(LAYOUT_OF_SLEEPERS + (uintptr_t)thread));
}

void futex_tell(uint32_t bits, bool is_timed, uint32_t site) {
    struct fiber_thread *thread = runtime_thread();
    uint64_t told = (uint64_t)~bits | (is_timed ? IS_TIMED : 0);

    if (thread->told_of_sleep == told)
        return;
    thread->told_of_sleep = told;
    hidden_verb("");
    hidden_store(told_of(thread->id), told, site);
}

uint64_t futex_told(uint64_t thread, uint32_t site) {
    const char *shown = the_runtime->verb;

    hidden_verb("");
    uint64_t told = hidden_load(told_of(thread), HIDDEN_ALWAYS, site);
    hidden_verb(shown);
    return told;
}

/* Those who wait for one of these bits. */
static uint64_t matching(uint64_t waiting, uint32_t bits, uint32_t site) {
    uint64_t found = 0;

    for (uint64_t left = waiting; left && bits != FUTEX_BITSET_MATCH_ANY;
         left &= left - 1) {
        uint64_t thread = (uint64_t)__builtin_ctzll(left);
        if (~(uint32_t)futex_told(thread, site) & bits)
            found |= (uint64_t)1 << thread;
    }
    return bits == FUTEX_BITSET_MATCH_ANY ? waiting : found;
}

long futex_wake(uintptr_t word, uint32_t most, uint32_t bits, uint32_t site) {
    long woken = 0;

    hidden_verb("wake");
    uint64_t waiting =
        matching(hidden_load(futex_set(word), HIDDEN_ALWAYS, site), bits, site);
    while (waiting && (uint32_t)woken < most) {
        uint64_t chosen = most < LAYOUT_THREADS ? condition_choose(waiting, site)
                                                : (uint64_t)__builtin_ctzll(waiting);
        uint64_t bit = (uint64_t)1 << chosen;
        waiting = hidden_rmw(futex_set(word), OP_AND, ~bit, HIDDEN_ALWAYS, site);
        if (waiting & bit) { /* else its time was over meanwhile */
            condition_wake(chosen, site);
            woken++;
        }
        waiting = matching(waiting & ~bit, bits, site);
    }
    return woken;
}

bool futex_is_word(uintptr_t word) {
    return word % sizeof(uint32_t) == 0 &&
           access_may_be_atomic((const void *)word, sizeof(uint32_t));
}
