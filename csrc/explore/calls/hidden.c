/* SPDX-License-Identifier: MIT */
/* hidden: see hidden.h. Reads acquire, writes release: that is what synchronisation means. A try in
   vain has only looked, and orders nothing: no standard promises more, nor does glibc do it. */
#include "calls/hidden.h"
#include "program/accesses.h"
#include "program/runtime.h"

static struct action *hidden_action(enum action_kind kind, enum action_order order,
                                    uintptr_t location, struct hidden_guard guard,
                                    uint32_t site) {
    struct action *action = runtime_action(kind, site);

    action->order = (uint8_t)order;
    action->order_fail = ORDER_ACQUIRE;
    action->size = 8;
    action->flags = ACTION_HIDDEN;
    action->guard = (uint8_t)guard.kind;
    action->guard_value = guard.value;
    action->message = the_runtime->verb;
    action->address = location;
    return action;
}

uint64_t hidden_load(uintptr_t location, struct hidden_guard guard, uint32_t site) {
    hidden_action(ACTION_LOAD, ORDER_ACQUIRE, location, guard, site);
    return runtime_ask()->value[0];
}

void hidden_store(uintptr_t location, uint64_t value, uint32_t site) {
    hidden_action(ACTION_STORE, ORDER_RELEASE, location, HIDDEN_ALWAYS, site)
        ->operand[0] = value;
    runtime_ask();
}

uint64_t hidden_rmw(uintptr_t location, enum action_op op, uint64_t operand,
                    struct hidden_guard guard, uint32_t site) {
    struct action *action =
        hidden_action(ACTION_RMW, ORDER_ACQ_REL, location, guard, site);

    action->op = (uint8_t)op;
    action->operand[0] = operand;
    return runtime_ask()->value[0];
}

static bool compare_exchange(enum action_order order, uintptr_t location, uint64_t *value,
                             uint64_t desired, struct hidden_guard guard, uint32_t site) {
    struct action *action = hidden_action(ACTION_CAS, order, location, guard, site);

    action->expected[0] = *value;
    action->operand[0] = desired;
    const struct reply *reply = runtime_ask();
    *value = reply->value[0];
    return reply->succeeded;
}

bool hidden_cas(uintptr_t location, uint64_t *value, uint64_t desired,
                struct hidden_guard guard, uint32_t site) {
    return compare_exchange(ORDER_ACQUIRE, location, value, desired, guard, site);
}

bool hidden_update(uintptr_t location, uint64_t *value, uint64_t desired, uint32_t site) {
    return compare_exchange(ORDER_ACQ_REL, location, value, desired, HIDDEN_ALWAYS, site);
}

bool hidden_await_cas(uintptr_t location, uint64_t *value, uint64_t desired,
                      struct hidden_guard guard, uint32_t site) {
    struct action *action =
        hidden_action(ACTION_CAS, ORDER_ACQUIRE, location, guard, site);

    if (guard.kind == GUARD_NONE)
        action->order_fail = ORDER_RELAXED;
    action->expected[0] = *value;
    action->operand[0] = desired;
    const struct reply *reply = runtime_ask_read((const void *)location, *value, desired);
    *value = reply->value[0];
    return reply->succeeded;
}

uint64_t hidden_await_rmw(uintptr_t location, enum action_op op, enum action_order order,
                          uint64_t operand, struct hidden_guard guard, uint32_t site) {
    struct action *action = hidden_action(ACTION_RMW, order, location, guard, site);

    action->op = (uint8_t)op;
    action->operand[0] = operand;
    return runtime_ask_read((const void *)location, operand, op)->value[0];
}

uint64_t hidden_poll_load(uintptr_t location, enum action_order order, uint32_t site) {
    hidden_action(ACTION_LOAD, order, location, HIDDEN_ALWAYS, site);
    return runtime_ask_read((const void *)location, 0, 0)->value[0];
}

bool hidden_poll_cas(uintptr_t location, uint64_t *value, uint64_t desired,
                     uint32_t site) {
    return hidden_await_cas(location, value, desired, HIDDEN_ALWAYS, site);
}

void hidden_use(const void *object, uint32_t site) {
    if (layout_is_heap((uintptr_t)object))
        access_ask(ACTION_READ, object, 1, site);
}
