/* SPDX-License-Identifier: MIT */
/* program: see program.h. */
#define _GNU_SOURCE
#include "program/program.h"
#include "program/dead_slots.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "program/library_data.h"
#include "program/loader.h"
#include "program/reach.h"
#include "program/resolve.h"
#include "program/retry.h"
#include "program/runtime.h"
#include "program/statics.h"
#include "program/threads.h"

static void restart(void *self) {
    struct runtime *runtime = self;

    for (uint32_t i = 0; i < runtime->thread_count; i++)
        thread_reset(&runtime->thread[i]);
    runtime->thread_count = 0;
    image_restore(&runtime->image);
    heap_reset(&runtime->heap);
    library_data_reset();
    printed_reset(&runtime->printed);
    runtime->at_exit_count = 0;
    runtime->at_exit_used = false;
    if (runtime->keys_used)
        memset(runtime->keys, 0, sizeof runtime->keys);
    runtime->keys_used = false;
    thread_prepare(runtime, 0, 0, 0);
}

static void step(void *self, uint32_t id, const struct reply *reply,
                 struct action *next) {
    struct runtime *runtime = self;
    struct fiber_thread *thread = &runtime->thread[id];

    if (thread->retry
            ->is_parked) { /* the search did answer AWAIT: what it stands at is next */
        *next = thread->retry->parked;
        thread->retry->is_parked = false;
        thread->spin->actions++; /* the AWAIT that was answered */
        retry_forget(thread->retry);
        return;
    }
    if (thread->state == THREAD_FRESH)
        thread_start(runtime, thread);
    else if (thread->state != THREAD_STARTED) {
        fprintf(stderr, "engine bug: thread %u was stepped but %s\n", id,
                thread->state == THREAD_OVER ? "is over" : "never started");
        abort();
    }
    if (reply) {
        thread->reply = *reply;
        retry_answered(thread->retry, reply);
    }
    runtime->goes_on = reply && reply->goes_on;
    runtime->next = next;
    runtime->current = thread;
    runtime->steps++;
    fiber_switch(&runtime->search, &thread->fiber);
    runtime->current = NULL;
    if ((uintptr_t)thread->fiber.stack_pointer < thread->stack_low)
        thread->stack_low = (uintptr_t)thread->fiber.stack_pointer;
    if (!runtime->no_retry)
        retry_arrived(runtime, thread, next);
}

static uint32_t run(void *self, const struct answers *answers) {
    struct runtime *runtime = self;

    restart(self);
    thread_start(runtime, &runtime->thread[0]);
    runtime->answers = answers;
    runtime->goes_on = false;
    runtime_turn_to(runtime, 0);
    fiber_switch(&runtime->search, &runtime->current->fiber);
    uint32_t last = runtime->current->id;
    runtime->current = NULL;
    runtime->answers = NULL;
    return last;
}

static void keep_private(void *self, uint64_t threads) {
    struct runtime *runtime = self;
    runtime->private_threads = threads;
}

static const unsigned char *initial(void *self, uintptr_t address) {
    const struct runtime *runtime = self;
    return image_initial(&runtime->image, address);
}

static size_t first_lost(void *self, const uintptr_t *blocks, size_t count) {
    return reach_first_lost(self, blocks, count);
}

struct program program_of(struct runtime *runtime) {
    return (struct program){.self = runtime,
                            .restart = restart,
                            .step = step,
                            .initial = initial,
                            .keep_private = keep_private,
                            .first_lost = first_lost,
                            .run = run};
}

static bool reserve(uintptr_t start, uintptr_t end, int protection) {
    return mmap((void *)start, end - start, protection,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
                0) == (void *)start;
}

/* What every search touches of its first threads: asked for at once it costs a part of what page by page
   does. */
static void ask_for_first(const struct runtime *runtime) {
    enum { THREADS = 4, PAGE = 4096, POPULATE_WRITE = 23 }; /* MADV_POPULATE_WRITE */
    for (uint32_t i = 0; i < THREADS; i++) {
        const struct fiber_thread *thread = &runtime->thread[i];
        uintptr_t spin = (uintptr_t)thread->spin & ~(uintptr_t)(PAGE - 1);
        uintptr_t retry = (uintptr_t)thread->retry & ~(uintptr_t)(PAGE - 1);
        madvise((void *)(layout_stack_top(i) - PAGE), PAGE, POPULATE_WRITE);
        madvise((void *)spin, offsetof(struct spin, bytes) + PAGE, POPULATE_WRITE);
        madvise((void *)retry, offsetof(struct retry, stacks) + PAGE, POPULATE_WRITE);
    }
}

static void let_stacks_run(void) {
    for (uint32_t i = 0; i < LAYOUT_THREADS; i++)
        mprotect((void *)(layout_stack_top(i) - LAYOUT_STACK_BYTES), LAYOUT_STACK_BYTES,
                 PROT_READ | PROT_WRITE | PROT_EXEC);
}

static bool open_stacks(struct runtime *runtime) {
    if (!reserve(LAYOUT_STACKS, LAYOUT_STACKS_END, PROT_NONE) ||
        !reserve(LAYOUT_TLS, LAYOUT_TLS_END, PROT_READ | PROT_WRITE))
        return false;
    struct spin *spins =
        mmap(NULL, LAYOUT_THREADS * sizeof *spins, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct retry *retries =
        mmap(NULL, LAYOUT_THREADS * sizeof *retries, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (uint32_t i = 0; i < LAYOUT_THREADS; i++) {
        uintptr_t top = layout_stack_top(i);
        runtime->thread[i].retry = &retries[i];
        mprotect((void *)(top - LAYOUT_STACK_BYTES), LAYOUT_STACK_BYTES,
                 PROT_READ | PROT_WRITE);
        runtime->thread[i].id = i;
        runtime->thread[i].stack_low = top;
        runtime->thread[i].spin = &spins[i];
    }
    if (spins == MAP_FAILED || retries == MAP_FAILED)
        return false;
    ask_for_first(runtime);
    return true;
}

static bool refuse_range(const char *what, char *problem, size_t bytes) {
    unsigned gib = (unsigned)((LAYOUT_HEAP_END - LAYOUT_HEAP) >> 30);
    snprintf(
        problem, bytes,
        errno == ENOMEM
            ? "the system gives no addresses for the program's %s: %u GiB are reserved "
              "(of addresses, not of memory); lift the limit: ulimit -v unlimited"
            : "the address range of the %s is taken",
        what, gib);
    return false;
}

bool program_open(struct runtime *runtime, const char *path, runtime_served *served,
                  char *problem, size_t bytes) {
    the_runtime = runtime;
    runtime->served = served;
    if (runtime->step_limit == 0)
        runtime->step_limit = UINT32_MAX; /* the search has its own limit */
    if (!open_stacks(runtime))
        return refuse_range("stacks", problem, bytes);
    if (!heap_open(&runtime->heap))
        return refuse_range("heap", problem, bytes);
    if (!loader_load(&runtime->image, path, resolve_symbol, runtime, problem, bytes))
        return false;
    if (runtime->image.tls_bytes > LAYOUT_TLS_SLOT) {
        snprintf(problem, bytes, "more than %zu bytes of thread-local variables",
                 (size_t)LAYOUT_TLS_SLOT);
        return false;
    }
    resolve_seal();
    dead_slots_open(&runtime->image, served);
    if (runtime->image.runs_on_stacks)
        let_stacks_run();
#ifdef EXPLORE_UCONTEXT
    runtime->no_retry = true; /* a trial needs a thread's registers to be on its stack */
#endif
    runtime->main_function = image_symbol(&runtime->image, "main");
    standard_streams_open(&runtime->streams, &runtime->image);
    runtime->is_rust = image_symbol(&runtime->image, "heald_waits") != 0;
    if (runtime->is_rust)
        runtime->statics = statics_of_library(&runtime->image, &runtime->static_count);
    runtime->is_scenario = image_symbol(&runtime->image, "heald_subject") != 0;
    if (runtime->endless_ms == 0)
        runtime->endless_ms = ENDLESS_MS;
    return true;
}
