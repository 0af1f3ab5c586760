/* SPDX-License-Identifier: MIT */
/*
 * panic_calls: panics of Rust that nobody takes: those that leave main, and those of threads that
 * nobody joins.
 *
 * How       csrc/rust/std.c tells when a panic is caught, and what becomes of the handle of a thread.
 *           The catcher decides: main's and a thread's are functions of std that call nothing else.
 * Taken     A thread that panicked has failed when its handle is gone: detached, or never joined at
 *           the program's end by the thread that ends it and made it. Two threads may race to that, so
 *           it is a hidden location: which came first is a choice of the search.
 */
#include <string.h>

#include "calls/atomics.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "failure.h"
#include "program/entry.h"
#include "program/runtime.h"

enum { PANICKED = 1, LET_GO = 2 };

static uintptr_t taken_location(const struct fiber_thread *thread) {
    return runtime_hidden((const void *)(uintptr_t)(LAYOUT_OF_PANICS + thread->id));
}

static uint64_t add_to(const struct fiber_thread *thread, uint64_t what, const char *verb,
                       uint32_t site) {
    hidden_verb(verb);
    return hidden_rmw(taken_location(thread), OP_OR, what, HIDDEN_ALWAYS, site);
}

__attribute__((noreturn)) static void nobody_joined(const struct fiber_thread *thread,
                                                    uint32_t site) {
    runtime_fail(FAILURE_PANIC, site, "thread %u panicked, and nobody joined it",
                 thread->id);
}

static bool is_caught_by(const char *catcher, uint32_t site) {
    uintptr_t offset;
    const struct image *image = &the_runtime->image;
    const char *name = site ? image_name(image, image->base + site - 1, &offset) : NULL;
    return name && strstr(name, catcher);
}

/* The panic of this thread has come to a catcher, which goes on at `at`. */
SERVE(void, heald_panic_caught, (const void *at)) {
    struct fiber_thread *thread = runtime_thread();
    uint32_t site = runtime_site(at, false);

    if (thread->id == 0 && is_caught_by("lang_start", site)) {
        thread->has_panicked = true;
        if (!the_runtime->panics_allowed)
            runtime_fail(FAILURE_PANIC, site, "thread 0 panicked");
    }
    if (thread->id == 0 || the_runtime->panics_allowed ||
        !is_caught_by("spawn_unchecked", site))
        return;
    thread->has_panicked = true;
    if (add_to(thread, PANICKED, "panic", site) & LET_GO)
        nobody_joined(thread, site);
}

SERVE(int, heald_panic_detach, (pthread_t handle)) {
    uint32_t site = SITE;
    struct fiber_thread *thread = thread_of_handle(handle, site);

    if (!the_runtime->panics_allowed && add_to(thread, LET_GO, "detach", site) & PANICKED)
        nobody_joined(thread, site);
    return 0;
}

SERVE(int, heald_panic_join, (pthread_t handle)) {
    uint32_t site = SITE;
    struct fiber_thread *thread = thread_of_handle(handle, site);

    thread_join(handle, site);
    if (thread->handle / HANDLES_PER_THREAD == runtime_thread()->id + 1)
        thread->is_joined = true;
    if (thread->has_panicked)
        add_to(thread, LET_GO, "join", site);
    return 0;
}

/* The program ends: whom this thread made and did not join. */
SERVE(void, heald_panic_end, (void)) {
    uint32_t site = SITE;
    struct fiber_thread *self = runtime_thread();

    for (uint32_t i = 1; i <= self->children && !the_runtime->panics_allowed; i++) {
        uintptr_t handle = ((uintptr_t)self->id + 1) * HANDLES_PER_THREAD + i;
        struct fiber_thread *thread = thread_of_handle(handle, site);
        if (thread->is_joined)
            continue;
        hidden_verb("panic");
        if (hidden_load(taken_location(thread), HIDDEN_ALWAYS, site) == PANICKED)
            nobody_joined(thread, site);
    }
}

/* A program that is to abort when it panics, does: no catcher and no join comes to it. */
SERVE(void, heald_panic_abort, (const void *at)) {
    runtime_fail(FAILURE_PANIC, runtime_site(at, false), "thread %u panicked",
                 runtime_thread()->id);
}

/* A channel has looked in vain, and will look again: only its count of rounds differs. */
SERVE(void, heald_wait_round, (const void *at)) {
    runtime_wait_round(runtime_site(at, false));
}

/* What the thread allocates from here on, until it says so, is for its library's books of threads. */
SERVE(void, heald_books_begin, (void)) { runtime_thread()->keeps_books = true; }
SERVE(void, heald_books_end, (void)) { runtime_thread()->keeps_books = false; }

/* fetch_max and its kin, told apart by csrc/rust/std.c. */
SERVE(uint64_t, heald_extreme,
      (void *address, uint64_t value, unsigned size, unsigned which, int order,
       const void *at)) {
    return (uint64_t)atomics_rmw(address, value, size, (enum action_op)(OP_MAX + which),
                                 order, runtime_site(at, false));
}

const struct service panic_services[] = {
    SERVICE(heald_extreme),      SERVICE(heald_books_begin),
    SERVICE(heald_books_end),    SERVICE(heald_wait_round),
    SERVICE(heald_panic_abort),  SERVICE(heald_panic_caught),
    SERVICE(heald_panic_detach), SERVICE(heald_panic_join),
    SERVICE(heald_panic_end),    {0},
};
