/* SPDX-License-Identifier: MIT */
/* at_exit: see at_exit.h. */
#include "program/at_exit.h"

#include <string.h>

#include "failure.h"
#include "program/runtime.h"

enum { EXIT_LOCK = 0xfff }; /* below any address a program can have */

void at_exit_add(uintptr_t function, uintptr_t argument, enum at_exit_kind kind,
                 uint32_t site) {
    struct runtime *runtime = the_runtime;

    if (runtime->at_exit_count == RUNTIME_AT_EXIT)
        runtime_fail(FAILURE_UNSUPPORTED, site, "more than %d atexit functions",
                     RUNTIME_AT_EXIT);
    runtime->at_exit_used = true;
    runtime->at_exit[runtime->at_exit_count++] = (struct at_exit){
        .function = function,
        .argument = argument,
        .kind = kind,
        .thread = runtime_thread()->id,
    };
}

static void call_at_exit(struct at_exit entry) {
    if (entry.kind == AT_EXIT_ARGUMENT)
        ((void (*)(void *))entry.function)((void *)entry.argument);
    else
        ((void (*)(void))entry.function)();
}

/* The last one that is, or is not, for quick_exit; false if there is none. */
static bool take_last(bool is_quick, struct at_exit *entry) {
    struct runtime *runtime = the_runtime;
    uint32_t last = RUNTIME_AT_EXIT;

    for (uint32_t i = 0; i < runtime->at_exit_count; i++)
        if ((runtime->at_exit[i].kind == AT_EXIT_QUICK) == is_quick &&
            (last == RUNTIME_AT_EXIT ||
             runtime->at_exit[i].thread >= runtime->at_exit[last].thread))
            last = i;
    if (last == RUNTIME_AT_EXIT)
        return false;
    *entry = runtime->at_exit[last];
    memmove(&runtime->at_exit[last], &runtime->at_exit[last + 1],
            (runtime->at_exit_count - last - 1) * sizeof *entry);
    runtime->at_exit_count--;
    return true;
}

void at_exit_run_local(void) {
    struct fiber_thread *thread = runtime_thread();

    while (thread->destructor_count > 0)
        call_at_exit(thread->destructors[--thread->destructor_count]);
}

/* Does not come back in a thread that is not the first one. */
static void be_the_first(uint32_t site) {
    if (runtime_thread()->is_exiting)
        return;
    runtime_thread()->is_exiting = true;
    struct action *action = runtime_action(ACTION_RMW, site);
    action->order = ORDER_ACQ_REL;
    action->op = OP_EXCHANGE;
    action->size = 8;
    action->flags = ACTION_HIDDEN;
    action->guard = GUARD_EQUAL; /* to 0 */
    action->operand[0] = 1;
    action->message = "exit";
    action->address = runtime_hidden((const void *)(uintptr_t)EXIT_LOCK);
    runtime_ask();
}

void at_exit_run(uint32_t site) {
    const struct image *image = &the_runtime->image;
    void (*const *destructors)(void) = (void (*const *)(void))image->destructors;
    struct at_exit entry;

    at_exit_run_local();
    if (image->destructor_count || the_runtime->at_exit_used)
        be_the_first(site);
    while (take_last(false, &entry))
        call_at_exit(entry);
    for (size_t i = image->destructor_count; i-- > 0;)
        destructors[i]();
}

void at_exit_run_quick(uint32_t site) {
    struct at_exit entry;

    if (the_runtime->at_exit_used)
        be_the_first(site);
    while (take_last(true, &entry))
        call_at_exit(entry);
}

void at_exit_judge(int status, const char *call, uint32_t site) {
    enum { SEEN_BITS = 0xff, OF_A_PANIC = 101 };

    if (the_runtime->any_exit_status || (status & SEEN_BITS) == 0)
        return;
    if (status == OF_A_PANIC && runtime_thread()->has_panicked)
        return; /* judged when it left main */
    if (strcmp(call, "main") == 0)
        runtime_fail(FAILURE_EXIT_STATUS, site,
                     "main returned %d: the program says that it failed", status);
    runtime_fail(FAILURE_EXIT_STATUS, site,
                 "%s(%d) ended the program: it says that it failed", call, status);
}
