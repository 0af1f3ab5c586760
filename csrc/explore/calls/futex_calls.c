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
 * Bits      Who waits for some bits only says so beside; who wakes by bits looks there. More is in futex_variants.c.
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
#include "calls/futex_variants.h"
#include "calls/futex_words.h"
#include "calls/hidden.h"
#include "calls/process_calls.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/layout.h"
#include "program/runtime.h"

/* 0, or the error. */
static int wait_on(uintptr_t word, uint32_t value, bool is_timed, uint32_t bits,
                   uint32_t site) {
    uint64_t bit = (uint64_t)1 << runtime_thread()->id;

    futex_tell(bits, is_timed, site);

    hidden_verb("wait");
    futex_lock(word, site);
    if (futex_word(word, site) != value) {
        futex_unlock(word, site);
        return EAGAIN;
    }
    hidden_rmw(futex_set(word), OP_OR, bit, HIDDEN_ALWAYS, site);
    futex_unlock(word, site);
    if (is_timed) {
        hidden_verb("time over");
        if (hidden_rmw(futex_set(word), OP_AND, ~bit, HIDDEN_ALWAYS, site) & bit)
            return ETIMEDOUT;
    }
    hidden_verb("woken");
    condition_sleep(site);
    return 0;
}

static long wake_up(uintptr_t word, uint32_t most, uint32_t bits, uint32_t site) {
    hidden_verb("wake");
    futex_lock(word, site);
    long woken = futex_wake(word, most, bits, site);
    futex_unlock(word, site);
    return woken;
}

static long answer(int error) {
    runtime_thread()->error_number = error ? error : runtime_thread()->error_number;
    return error ? -1 : 0;
}

static long futex(const struct futex_call *call, uint32_t site) {
    int command = call->operation & FUTEX_CMD_MASK;
    bool has_bits = command == FUTEX_WAIT_BITSET || command == FUTEX_WAKE_BITSET;
    uint32_t bits = has_bits ? call->other_value : FUTEX_BITSET_MATCH_ANY;

    if (!futex_is_word(call->word))
        return answer(call->word % sizeof(uint32_t) ? EINVAL : EFAULT);
    if (bits == 0)
        return answer(EINVAL);
    switch (command) {
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT:
        return answer(wait_on(call->word, call->value, call->limit != 0, bits, site));
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE:
        return wake_up(call->word, call->value, bits, site);
    default:
        return futex_variant(call, site);
    }
}

/* Variable arguments of integer type arrive as fixed ones do, on both machines. */
SERVE(long, syscall,
      (long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e,
       uintptr_t f)) {
    uint32_t site = SITE;

    if (number == SYS_gettid)
        return (long)runtime_thread()->id + 1;
    if (number == SYS_membarrier)
        return process_barrier((int)a, site);
    if (number == SYS_getrandom)
        return process_random((void *)a, (size_t)b, site);
    if (number == SYS_futex)
        return futex(&(struct futex_call){.word = a,
                                          .operation = (int)b,
                                          .value = (uint32_t)c,
                                          .limit = d,
                                          .other = e,
                                          .other_value = (uint32_t)f},
                     site);
    runtime_fail(FAILURE_UNSUPPORTED, site,
                 "the program calls `syscall` with number %ld, which the explorer cannot "
                 "model",
                 number);
}

const struct service futex_services[] = {
    SERVICE(syscall),
    {0},
};
