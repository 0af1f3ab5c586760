/* SPDX-License-Identifier: MIT */
/*
 * futex_calls: waiting on a word of memory, which is what std::atomic::wait comes down to.
 *
 * Why       C++20's waiting calls are inline code around one system call. So are locks that people
 *           write themselves.
 * How       As in the kernel: a word has a lock and a set of threads that sleep on it, both hidden.
 *           To wait is to take the lock, compare the word, join the set and let the lock go, all as
 *           one; to wake is to take threads out of the set, any of them (every choice is explored).
 *           So a wake-up that comes before the wait is lost, unless the word has changed by then.
 * Order     A thread that sees another's wake-up has seen what that one did before, by the lock.
 * Time      A wait with a time limit is woken or its time is over: both are explored. The kernel may
 *           also wake for no reason; that is left out, because it would hide lost wake-ups.
 * Source    Franke, Russell, Kirkwood, Fuss, Futexes and Furwocks: Fast Userlevel Locking in Linux,
 *           2002; Drepper, Futexes Are Tricky, 2011; man 2 futex.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "calls/condition_calls.h"
#include "calls/hidden.h"
#include "calls/process_calls.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

/* Two hidden locations of a word; its four bytes have one each. */
static uintptr_t set_of(uintptr_t word) { return runtime_hidden((const void *)word); }
static uintptr_t lock_of(uintptr_t word) {
    return runtime_hidden((const void *)(word + 1));
}

/* The kernel's own lock: nothing that a reader of a trace knows of. */
static void lock(uintptr_t word, uint32_t site) {
    uint64_t free_value = 0;
    const char *shown = the_runtime->verb;

    hidden_verb("");
    hidden_cas(lock_of(word), &free_value, 1, HIDDEN_WHEN(0), site);
    hidden_verb(shown);
}

static void unlock(uintptr_t word, uint32_t site) {
    const char *shown = the_runtime->verb;

    hidden_verb("");
    hidden_store(lock_of(word), 0, site);
    hidden_verb(shown);
}

static uint32_t word_now(uintptr_t word, uint32_t site) {
    if (layout_is_stack(word))
        access_touches_stack(word, sizeof(uint32_t), true);
    struct action *action = runtime_action(ACTION_LOAD, site);
    action->address = word;
    action->size = sizeof(uint32_t);
    action->order = ORDER_RELAXED;
    return (uint32_t)runtime_ask()->value[0];
}

/* 0, or the error. */
static int wait_on(uintptr_t word, uint32_t value, bool is_timed, uint32_t site) {
    uint64_t bit = (uint64_t)1 << runtime_thread()->id;

    hidden_verb("wait");
    lock(word, site);
    if (word_now(word, site) != value) {
        unlock(word, site);
        return EAGAIN;
    }
    hidden_rmw(set_of(word), OP_OR, bit, HIDDEN_ALWAYS, site);
    unlock(word, site);
    if (is_timed) {
        hidden_verb("time over");
        if (hidden_rmw(set_of(word), OP_AND, ~bit, HIDDEN_ALWAYS, site) & bit)
            return ETIMEDOUT;
    }
    hidden_verb("woken");
    condition_sleep(site);
    return 0;
}

static long wake_up(uintptr_t word, uint32_t most, uint32_t site) {
    long woken = 0;

    hidden_verb("wake");
    lock(word, site);
    uint64_t waiting = hidden_load(set_of(word), HIDDEN_ALWAYS, site);
    while (waiting && (uint32_t)woken < most) {
        uint64_t chosen = most < LAYOUT_THREADS ? condition_choose(waiting, site)
                                                : (uint64_t)__builtin_ctzll(waiting);
        uint64_t bit = (uint64_t)1 << chosen;
        waiting = hidden_rmw(set_of(word), OP_AND, ~bit, HIDDEN_ALWAYS, site);
        if (waiting & bit) { /* else its time was over meanwhile */
            condition_wake(chosen, site);
            woken++;
        }
        waiting &= ~bit;
    }
    unlock(word, site);
    return woken;
}

static long failed(int error) {
    runtime_thread()->error_number = error;
    return -1;
}

static long futex(uintptr_t word, int operation, uint32_t value, bool is_timed,
                  uint32_t bits, uint32_t site) {
    int error;

    if (word % sizeof(uint32_t) ||
        !access_may_be_atomic((const void *)word, sizeof(uint32_t)))
        return failed(word % sizeof(uint32_t) ? EINVAL : EFAULT);
    switch (operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) {
    case FUTEX_WAIT_BITSET:
        if (bits != FUTEX_BITSET_MATCH_ANY)
            break;
        __attribute__((fallthrough));
    case FUTEX_WAIT:
        error = wait_on(word, value, is_timed, site);
        return error ? failed(error) : 0;
    case FUTEX_WAKE_BITSET:
        if (bits != FUTEX_BITSET_MATCH_ANY)
            break;
        __attribute__((fallthrough));
    case FUTEX_WAKE:
        return wake_up(word, value, site);
    default:
        break;
    }
    runtime_fail(FAILURE_UNSUPPORTED, site,
                 "the program calls `futex` with operation %d, which the explorer cannot "
                 "model: only waiting and waking",
                 operation);
}

/* Variable arguments of integer type arrive as fixed ones do, on both machines. */
SERVE(long, syscall,
      (long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e,
       uintptr_t f)) {
    uint32_t site = SITE;

    (void)e;
    if (number == SYS_gettid)
        return (long)runtime_thread()->id + 1;
    if (number == SYS_membarrier)
        return process_barrier((int)a, site);
    if (number == SYS_getrandom)
        return process_random((void *)a, (size_t)b, site);
    if (number == SYS_futex)
        return futex(a, (int)b, (uint32_t)c, d != 0, (uint32_t)f, site);
    runtime_fail(FAILURE_UNSUPPORTED, site,
                 "the program calls `syscall` with number %ld, which the explorer cannot "
                 "model",
                 number);
}

const struct service futex_services[] = {
    SERVICE(syscall),
    {0},
};
