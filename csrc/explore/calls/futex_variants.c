/* SPDX-License-Identifier: MIT */
/*
 * futex_variants: futexes of two words: who sleeps is moved to another word, or a second word is changed and its
 * sleepers are woken as well.
 *
 * How       Both words' locks are taken, the lower one first: all is one step, as in the kernel.
 * Moved     A thread that sleeps with a time limit looks for itself where it lay down: moving it is refused.
 * Change    Of the second word: a seq_cst update, as the kernel's is on every machine.
 * Source    man 2 futex; Linux, kernel/futex/requeue.c, waitwake.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls/condition_calls.h"
#include "calls/futex_variants.h"
#include "calls/futex_words.h"
#include "calls/hidden.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/runtime.h"

static void lock_both(uintptr_t a, uintptr_t b, uint32_t site) {
    futex_lock(a < b ? a : b, site);
    if (a != b)
        futex_lock(a < b ? b : a, site);
}

static void unlock_both(uintptr_t a, uintptr_t b, uint32_t site) {
    if (a != b)
        futex_unlock(a < b ? b : a, site);
    futex_unlock(a < b ? a : b, site);
}

static long failed(int error) {
    runtime_thread()->error_number = error;
    return -1;
}

/* From one set to the other, at most so many; how many it were. */
static long move(const struct futex_call *call, uint32_t most, uint32_t site) {
    uint64_t waiting = hidden_load(futex_set(call->word), HIDDEN_ALWAYS, site);
    long moved = 0;

    for (; waiting && (uint32_t)moved < most && call->word != call->other; moved++) {
        uint64_t chosen = most < LAYOUT_THREADS ? condition_choose(waiting, site)
                                                : (uint64_t)__builtin_ctzll(waiting);
        uint64_t bit = (uint64_t)1 << chosen;
        if (futex_told(chosen, site) & IS_TIMED)
            runtime_fail(
                FAILURE_UNSUPPORTED, site,
                "a futex that moves a thread with a time limit to another word is "
                "not modelled");
        hidden_rmw(futex_set(call->word), OP_AND, ~bit, HIDDEN_ALWAYS, site);
        hidden_rmw(futex_set(call->other), OP_OR, bit, HIDDEN_ALWAYS, site);
        waiting &= ~bit;
    }
    return moved;
}

static long requeue(const struct futex_call *call, bool compares, uint32_t site) {
    hidden_verb("wake or move");
    lock_both(call->word, call->other, site);
    if (compares && futex_word(call->word, site) != call->other_value) {
        unlock_both(call->word, call->other, site);
        return failed(EAGAIN);
    }
    long woken = futex_wake(call->word, call->value, FUTEX_BITSET_MATCH_ANY, site);
    hidden_verb("move");
    long moved = move(call, (uint32_t)call->limit, site);
    unlock_both(call->word, call->other, site);
    return woken + moved;
}

/* --- change the other word, and wake -------------------------------------------------------- */

struct change {
    unsigned op, comparison;
    int32_t operand, compared;
};

static int32_t twelve_bits(uint32_t value) { return (int32_t)(value << 20) >> 20; }

static struct change change_of(uint32_t said) {
    struct change change = {.op = said >> 28 & 7,
                            .comparison = said >> 24 & 15,
                            .operand = twelve_bits(said >> 12),
                            .compared = twelve_bits(said)};
    if (said >> 31) /* FUTEX_OP_OPARG_SHIFT */
        change.operand = (int32_t)(1u << (change.operand & 31));
    return change;
}

static int32_t change_word(uintptr_t word, struct change change, uint32_t site) {
    static const uint8_t ops[] = {OP_EXCHANGE, OP_ADD, OP_OR, OP_AND, OP_XOR};
    uint32_t operand = (uint32_t)change.operand;

    if (layout_is_stack(word))
        access_touches_stack(word, sizeof(uint32_t), true);
    struct action *action = runtime_action(ACTION_RMW, site);
    action->address = word;
    action->size = sizeof(uint32_t);
    action->order = ORDER_SEQ_CST;
    action->op = ops[change.op];
    action->operand[0] = change.op == FUTEX_OP_ANDN ? ~operand : operand;
    return (int32_t)runtime_ask()->value[0];
}

static bool holds(struct change change, int32_t before) {
    switch (change.comparison) {
    case FUTEX_OP_CMP_EQ:
        return before == change.compared;
    case FUTEX_OP_CMP_NE:
        return before != change.compared;
    case FUTEX_OP_CMP_LT:
        return before < change.compared;
    case FUTEX_OP_CMP_LE:
        return before <= change.compared;
    case FUTEX_OP_CMP_GT:
        return before > change.compared;
    default:
        return before >= change.compared;
    }
}

static long wake_op(const struct futex_call *call, uint32_t site) {
    struct change change = change_of(call->other_value);

    if (change.op > FUTEX_OP_XOR || change.comparison > FUTEX_OP_CMP_GE)
        return failed(ENOSYS);
    hidden_verb("change and wake");
    lock_both(call->word, call->other, site);
    int32_t before = change_word(call->other, change, site);
    long woken = futex_wake(call->word, call->value, FUTEX_BITSET_MATCH_ANY, site);
    if (holds(change, before))
        woken +=
            futex_wake(call->other, (uint32_t)call->limit, FUTEX_BITSET_MATCH_ANY, site);
    unlock_both(call->word, call->other, site);
    return woken;
}

long futex_variant(const struct futex_call *call, uint32_t site) {
    int command = call->operation & FUTEX_CMD_MASK;
    bool is_known = command == FUTEX_REQUEUE || command == FUTEX_CMP_REQUEUE ||
                    command == FUTEX_WAKE_OP;

    if (!is_known)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "the program calls `futex` with operation %d, which the explorer "
                     "cannot model: only waiting, waking, moving and WAKE_OP",
                     call->operation);
    if (!futex_is_word(call->other))
        return failed(call->other % sizeof(uint32_t) ? EINVAL : EFAULT);
    return command == FUTEX_WAKE_OP ? wake_op(call, site)
                                    : requeue(call, command == FUTEX_CMP_REQUEUE, site);
}
