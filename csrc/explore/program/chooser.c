/* SPDX-License-Identifier: MIT */
/* chooser: see chooser.h. */
#include "program/chooser.h"

#include <stdio.h>

#include "program/resolve.h"
#include "program/runtime.h"
#include "program/threads.h"

static void run(void *resolver) {
    uintptr_t chosen = ((uintptr_t (*)(void))resolver)();

    runtime_action(ACTION_FINISH, 0)->operand[0] = chosen;
    runtime_stop();
}

static void go_on(struct fiber_thread *thread, struct action *next) {
    the_runtime->next = next;
    the_runtime->current = thread;
    fiber_switch(&the_runtime->search, &thread->fiber);
    the_runtime->current = NULL;
    if ((uintptr_t)thread->fiber.stack_pointer < thread->stack_low)
        thread->stack_low = (uintptr_t)thread->fiber.stack_pointer;
}

static bool is_plain(const struct action *action) {
    return action->kind == ACTION_READ || action->kind == ACTION_WRITE;
}

bool chooser_ask(uintptr_t resolver, uintptr_t *chosen, char *problem, size_t bytes) {
    struct fiber_thread *thread = &the_runtime->thread[0];
    uintptr_t bottom = layout_stack_top(0) - LAYOUT_STACK_BYTES;
    struct action next = {0};

    resolve_seal();
    fiber_prepare(&thread->fiber, (void *)bottom, LAYOUT_STACK_BYTES, run,
                  (void *)resolver);
    thread->state = THREAD_STARTED;
    do
        go_on(thread, &next);
    while (is_plain(&next));
    thread_reset(thread);
    *chosen = (uintptr_t)next.operand[0];
    if (next.kind == ACTION_FINISH)
        return true;
    const char *name = image_name(&the_runtime->image, resolver, &(uintptr_t){0});
    snprintf(
        problem, bytes,
        "the program cannot be loaded: what it runs before it begins, `%s`, may only "
        "choose a function%s%s",
        name ? name : "a resolver", next.message ? ": " : "",
        next.message ? next.message : "");
    return false;
}
