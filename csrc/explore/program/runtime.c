/* SPDX-License-Identifier: MIT */
/* runtime: see runtime.h. */
#define _GNU_SOURCE
#include "program/runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "program/callers.h"
#include "program/retry.h"
#include "value.h"

struct runtime *the_runtime;

struct action *runtime_action(enum action_kind kind, uint32_t site) {
    if (the_runtime->current->ask_first)
        the_runtime->current->ask_first();
    struct action *action = the_runtime->next;

    memset(action, 0, sizeof *action);
    action->kind = (uint8_t)kind;
    action->site = site;
    if (the_runtime->tells_callers)
        action->callers =
            callers_note(the_runtime->callers, &the_runtime->current->fiber, site);
    if (action_has_effect(kind))
        spin_effect(the_runtime->current->spin);
    return action;
}

enum { ANSWERS_STACK = 1024 }; /* that who answers at once may use of a thread's stack */

void runtime_turn_to(struct runtime *runtime, uint32_t id) {
    runtime->current = &runtime->thread[id];
    runtime->next = &runtime->answers->action[id];
    runtime->steps++;
}

/* Who answers says who goes on. */
static void let_go_on(struct runtime *runtime) {
    struct fiber_thread *thread = runtime->current;
    const struct answers *answers = runtime->answers;
    runtime_used_stack(ANSWERS_STACK);
    uint32_t id = answers->next(answers->self, thread->id);
    if (id == thread->id) {
        runtime->steps++;
        return;
    }
    struct fiber *to = &runtime->search;
    if (id != ANSWERS_NOBODY) {
        runtime_turn_to(runtime, id);
        to = &runtime->current->fiber;
    }
    fiber_switch(&thread->fiber, to);
}

static void hand_over(struct runtime *runtime) {
    struct fiber_thread *thread = runtime->current;
    if (runtime->answers)
        let_go_on(runtime);
    else
        fiber_switch(&thread->fiber, &runtime->search);
}

static void check_limit(struct runtime *runtime) {
    struct fiber_thread *thread = runtime->current;
    uint8_t kind = runtime->next->kind;

    if (thread->spin->actions++ >= runtime->step_limit && kind != ACTION_FAIL &&
        kind != ACTION_FINISH && kind != ACTION_EXIT)
        runtime_fail(
            FAILURE_ENDLESS, runtime->next->site,
            "thread %u made more than %llu actions in one execution: a loop without end, "
            "or a program too long to explore (--max-events raises the limit)",
            thread->id, (unsigned long long)runtime->step_limit);
}

/* A read-modify-write that writes back what it read leaves nothing that others could notice. */
static bool rmw_changes(enum action_op op, uint32_t size, const uint64_t operand[2],
                        const uint64_t old[2]) {
    uint64_t now[2], before[2] = {old[0], old[1]};

    value_of_rmw(op, size, operand, old, now);
    value_cut(before, size);
    return now[0] != before[0] || now[1] != before[1];
}

const struct reply *runtime_ask(void) {
    struct runtime *runtime = the_runtime;
    struct fiber_thread *thread = runtime->current;
    if (runtime->answers) {
        let_go_on(runtime);
        return &runtime->answers->reply[thread->id];
    }
    enum action_kind kind = runtime->next->kind;
    enum action_op op = runtime->next->op;
    unsigned size = runtime->next->size;
    uint64_t operand[2] = {runtime->next->operand[0], runtime->next->operand[1]};

    if (thread->retry->is_trial && !retry_stops_at(thread->retry, runtime->next))
        return &thread->reply;
    check_limit(runtime);
    hand_over(runtime);
    if (thread->retry->is_trial) /* goes on after its own read; nothing is noted of it */
        return &thread->reply;
    if (thread->reply.is_untold)
        thread->spin->actions--;
    if (kind == ACTION_STORE || (kind == ACTION_CAS && thread->reply.succeeded) ||
        (kind == ACTION_RMW && rmw_changes(op, size, operand, thread->reply.value))) {
        spin_wrote(thread->spin);
        retry_forget(thread->retry);
    }
    return &thread->reply;
}

static void own_state(const struct fiber_thread *thread, struct spin_own *own) {
    own->held_count = thread->held_count;
    own->random_state = thread->random_state;
    own->key_used = thread->key_used;
    own->blocked_signals = thread->blocked_signals;
    own->looked_ns = thread->clock.looked_ns;
    own->keys_made = thread->keys_made;
    own->children = thread->children;
    own->destructors = thread->destructor_count;
    own->error_number = (uint32_t)thread->error_number;
    own->descriptors_made = thread->descriptors_made;
    for (uint32_t i = 0; i < SPIN_HELD; i++)
        own->held[i] = own->depth[i] = 0;

    for (uint32_t i = 0; i < thread->held_count && i < SPIN_HELD; i++) {
        own->held[i] = thread->held[i].lock;
        own->depth[i] = thread->held[i].depth << 1 | thread->held[i].is_shared;
    }
}

static struct spin_round arrive(struct fiber_thread *thread, const uint64_t what[5]) {
    if (!thread->is_noted || thread->retry->is_trial)
        return (struct spin_round){0, 0, false};
    struct spin_own own;
    own_state(thread, &own);
    return spin_arrive(thread->spin, what, &thread->entry, &own,
                       layout_stack_top(thread->id),
                       the_runtime->goes_on && !thread->clock.looks);
}

const struct reply *runtime_ask_read(const void *address, uint64_t detail_1,
                                     uint64_t detail_2) {
    struct runtime *runtime = the_runtime;
    struct fiber_thread *thread = runtime->current;
    struct action *next = runtime->next;
    if (runtime->answers)
        return runtime_ask();
    uint64_t what[5] = {next->site | (uint64_t)next->kind << 32, (uintptr_t)address,
                        detail_1, detail_2, next->size | (uint64_t)next->order << 8};
    struct spin_round round = arrive(thread, what);

    if (thread->is_noted && !thread->retry->is_trial && thread->spin->count)
        round = spin_round_since(
            thread->spin, own_clock_arrive(&thread->clock, thread->spin, round.before));
    if (round.actions) {
        struct action read = *next;
        memset(next, 0, sizeof *next);
        next->kind = round.wrote_atomics ? ACTION_ROUND : ACTION_AWAIT;
        next->site = read.site;
        next->operand[0] = round.actions;
        runtime_ask();
        if (!round.wrote_atomics) {
            spin_effect(thread->spin);
            arrive(thread, what);
        }
        *runtime->next = read;
    }
    return runtime_ask();
}

void runtime_wait_round(uint32_t site) {
    struct runtime *runtime = the_runtime;
    struct fiber_thread *thread = runtime->current;
    uintptr_t top = layout_stack_top(thread->id);
    struct spin_entry nothing = {.stack_pointer = top - sizeof(uintptr_t)};
    struct spin_own own;
    uint64_t what[5] = {site, 0, 0, 0, 0};

    if (thread->retry->is_trial || the_runtime->answers)
        return;
    own_state(thread, &own);
    struct spin_round round = spin_arrive(thread->spin, what, &nothing, &own, top, false);
    if (!round.actions)
        return;
    struct action *next =
        runtime_action(round.wrote_atomics ? ACTION_ROUND : ACTION_AWAIT, site);
    next->operand[0] = round.actions;
    runtime_ask();
    if (!round.wrote_atomics) {
        spin_effect(thread->spin);
        spin_arrive(thread->spin, what, &nothing, &own, top, false);
    }
}

static void set_failure(enum explore_failure_kind failure, uint32_t site,
                        const char *message) {
    struct action *action = runtime_action(ACTION_FAIL, site);
    action->failure = (uint8_t)failure;
    action->message = message;
}

/* Remembered behaviour outlives the execution, so the text of a failure must, too. */
static const char *keep_message(struct runtime *runtime, const char *text) {
    for (size_t i = 0; i < runtime->message_count; i++)
        if (strcmp(runtime->messages[i], text) == 0)
            return runtime->messages[i];
    const char **more =
        realloc(runtime->messages, (runtime->message_count + 1) * sizeof *more);
    char *copy = strdup(text);
    if (!more || !copy)
        abort();
    runtime->messages = more;
    return runtime->messages[runtime->message_count++] = copy;
}

void runtime_fail(enum explore_failure_kind failure, uint32_t site, const char *format,
                  ...) {
    va_list arguments;
    char text[RUNTIME_MESSAGE];

    runtime_used_stack(16384);
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    set_failure(failure, site, keep_message(the_runtime, text));
    runtime_stop();
}

void runtime_crash(enum explore_failure_kind failure, uint32_t site, const char *text,
                   void *signal_context) {
    struct runtime *runtime = the_runtime;

    runtime->current->ask_first = NULL; /* the thread is not where it could ask */
    set_failure(failure, site, keep_message(runtime, text));
    runtime->current->state = THREAD_OVER;
    runtime->current->stack_low = layout_stack_top(runtime->current->id) - STACK_KEEP;
    fiber_land(&runtime->search, signal_context);
}

void runtime_cut(void *signal_context) {
    struct runtime *runtime = the_runtime;

    runtime->current->ask_first = NULL;
    runtime_action(ACTION_CUT, 0);
    runtime->current->state = THREAD_OVER;
    runtime->current->stack_low = layout_stack_top(runtime->current->id) - STACK_KEEP;
    fiber_land(&runtime->search, signal_context);
}

void runtime_note_busy(uint32_t site) {
    struct runtime *runtime = the_runtime;

    if (!runtime->busy.is_known)
        runtime->busy = (struct busy){true, runtime->current->id, site, runtime->idle_ms};
}

void runtime_takes_no_step(uint32_t site) {
    struct runtime *runtime = the_runtime;

    if (runtime->current->retry->is_trial)
        return;
    if (runtime->hurry) {
        runtime_note_busy(site);
        runtime_action(ACTION_CUT, site);
        runtime_stop();
    }
    if (runtime->idle_ms >= runtime->endless_ms)
        runtime_fail(FAILURE_ENDLESS, site, RUNTIME_ENDLESS, runtime->endless_ms);
}

void runtime_stop_trial(enum action_kind kind) {
    runtime_action(kind, 0);
    for (;;)
        hand_over(the_runtime);
}

void runtime_stop(void) {
    struct runtime *runtime = the_runtime;

    runtime->current->state = THREAD_OVER;
    for (;;)
        hand_over(runtime);
}
