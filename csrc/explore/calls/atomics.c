/* SPDX-License-Identifier: MIT */
/* atomics: see atomics.h. */
#include "calls/atomics.h"

#include "failure.h"
#include "program/accesses.h"
#include "program/runtime.h"
#include "program/threads.h"
#include "value.h"

static void put_value(uint64_t pair[2], wide value) {
    pair[0] = (uint64_t)value;
    pair[1] = (uint64_t)(value >> 64);
}

static wide get_value(const uint64_t pair[2]) { return (wide)pair[1] << 64 | pair[0]; }

static struct action *atomic_action(enum action_kind kind, const volatile void *address,
                                    unsigned size, int order, uint32_t site) {
    if (!access_may_be_atomic((const void *)(uintptr_t)address, size))
        runtime_fail(FAILURE_WILD_ACCESS, site,
                     (uintptr_t)address < 65536
                         ? "atomic access through a null pointer"
                         : "atomic access to memory that is not the program's");
    if ((uintptr_t)address & (size - 1))
        runtime_fail(FAILURE_WILD_ACCESS, site,
                     "atomic access of %u bytes at an odd address: "
                     "it must be a multiple of its size",
                     size);
    if (layout_is_stack((uintptr_t)address))
        access_touches_stack((uintptr_t)address, size, true);
    struct action *action = runtime_action(kind, site);
    action->address = (uintptr_t)address;
    action->size = (uint8_t)size;
    action->order = (uint8_t)(order & 7);
    return action;
}

/* The order that holds at this place: the source's, or one that was set for it. */
static void settle_order(struct action *action) {
    if (the_runtime->orders.is_watching)
        orders_apply(&the_runtime->orders, action, thread_is_alone(the_runtime));
}

/* Fences that somebody wants to try around this place. */
static void extra_fence(uint32_t site, bool is_before) {
    if (!the_runtime->orders.is_watching ||
        !orders_has_fence(&the_runtime->orders, site, is_before))
        return;
    runtime_action(ACTION_FENCE, site)->order = ORDER_SEQ_CST;
    runtime_ask();
}

wide atomics_load(const volatile void *address, unsigned size, int order, uint32_t site) {
    extra_fence(site, true);
    settle_order(atomic_action(ACTION_LOAD, address, size, order, site));
    wide value =
        get_value(runtime_ask_read((const void *)(uintptr_t)address, 0, 0)->value);
    extra_fence(site, false);
    return value;
}

void atomics_store(volatile void *address, wide value, unsigned size, int order,
                   uint32_t site) {
    extra_fence(site, true);
    struct action *action = atomic_action(ACTION_STORE, address, size, order, site);
    settle_order(action);
    put_value(action->operand, value);
    runtime_ask();
    extra_fence(site, false);
}

static bool is_split(uint32_t site) {
    return the_runtime->orders.is_watching &&
           orders_has_split(&the_runtime->orders, site);
}

/* What the load of an update that is taken apart has of its order, and what the store has. */
static uint8_t order_of_load(uint8_t order) {
    if (order == ORDER_ACQ_REL)
        return ORDER_ACQUIRE;
    return order == ORDER_RELEASE ? ORDER_RELAXED : order;
}

static uint8_t order_of_store(uint8_t order) {
    if (order == ORDER_ACQ_REL)
        return ORDER_RELEASE;
    return order == ORDER_ACQUIRE || order == ORDER_CONSUME ? ORDER_RELAXED : order;
}

/* The whole update's order; that place is an update's, whatever is done there. */
static uint8_t order_of_whole(enum action_kind kind, int order, uint32_t site) {
    struct action whole = {
        .kind = (uint8_t)kind, .order = (uint8_t)(order & 7), .site = site};

    settle_order(&whole);
    return whole.order;
}

static wide split_load(const volatile void *address, unsigned size, uint8_t order,
                       uint32_t site) {
    atomic_action(ACTION_LOAD, address, size, order_of_load(order), site);
    return get_value(runtime_ask_read((const void *)(uintptr_t)address, 0, 0)->value);
}

static void split_store(volatile void *address, wide value, unsigned size, uint8_t order,
                        uint32_t site) {
    struct action *action =
        atomic_action(ACTION_STORE, address, size, order_of_store(order), site);

    put_value(action->operand, value);
    runtime_ask();
}

static wide split_rmw(volatile void *address, wide value, unsigned size,
                      enum action_op op, int written, uint32_t site) {
    uint8_t order = order_of_whole(ACTION_RMW, written, site);
    uint64_t operand[2], before[2], after[2];
    wide old = split_load(address, size, order, site);

    put_value(operand, value);
    put_value(before, old);
    value_of_rmw(op, size, operand, before, after);
    split_store(address, get_value(after), size, order, site);
    return old;
}

static bool split_cas(volatile void *address, wide *expected, wide desired, unsigned size,
                      int written, uint32_t site) {
    uint8_t order = order_of_whole(ACTION_CAS, written, site);
    wide old = split_load(address, size, order, site);
    bool is_equal = old == *expected;

    if (is_equal)
        split_store(address, desired, size, order, site);
    *expected = old;
    return is_equal;
}

wide atomics_rmw(volatile void *address, wide value, unsigned size, enum action_op op,
                 int order, uint32_t site) {
    if (is_split(site))
        return split_rmw(address, value, size, op, order, site);
    extra_fence(site, true);
    struct action *action = atomic_action(ACTION_RMW, address, size, order, site);
    settle_order(action);
    action->op = (uint8_t)op;
    put_value(action->operand, value);
    /* A loop may wait on one that writes back what it reads: a test-and-set. */
    wide old = get_value(
        runtime_ask_read((const void *)(uintptr_t)address, (uint64_t)value, op)->value);
    extra_fence(site, false);
    return old;
}

bool atomics_cas(volatile void *address, wide *expected, wide desired, unsigned size,
                 bool is_weak, int order, int order_fail, uint32_t site) {
    if (is_split(site))
        return split_cas(address, expected, desired, size, order, site);
    extra_fence(site, true);
    struct action *action = atomic_action(ACTION_CAS, address, size, order, site);
    action->order_fail = (uint8_t)(order_fail & 7);
    settle_order(action);
    action->flags = is_weak ? ACTION_WEAK : 0;
    put_value(action->operand, desired);
    put_value(action->expected, *expected);
    uint64_t details[2] = {(uint64_t)desired ^ (uint64_t)(desired >> 64) << 1,
                           (uint64_t)*expected ^ (uint64_t)(*expected >> 64) << 1};
    const struct reply *reply =
        runtime_ask_read((const void *)(uintptr_t)address, details[0], details[1]);
    *expected = get_value(reply->value);
    bool succeeded = reply->succeeded;
    extra_fence(site, false);
    return succeeded;
}

void atomics_fence(int order, uint32_t site) {
    struct action fence = {
        .kind = ACTION_FENCE, .order = (uint8_t)(order & 7), .site = site};
    settle_order(&fence);
    if (fence.order == ORDER_RELAXED)
        return;
    runtime_action(ACTION_FENCE, fence.site)->order = fence.order;
    runtime_ask();
}
