/* SPDX-License-Identifier: MIT */
/* threads: see threads.h. */
#define _GNU_SOURCE
#include "program/threads.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include "failure.h"
#include "program/at_exit.h"
#include "program/retry.h"
#include "program/runtime.h"

typedef void constructor(int, char **, char **);
typedef int main_function(int, char **, char **);
typedef void *thread_routine(void *);

/* The arguments are the program's memory: it may change them, so they are made anew each time. */
static uintptr_t place_arguments(struct runtime *runtime, uintptr_t top) {
    size_t text = 0;
    size_t pointers = ((size_t)runtime->argument_count + 2) * sizeof(char *);

    for (int i = 0; i < runtime->argument_count; i++)
        text += strlen(runtime->arguments[i]) + 1;
    char *bytes = (char *)(top - text);
    char **vector = (char **)((top - text - pointers) & ~(uintptr_t)63);
    for (int i = 0; i < runtime->argument_count; i++) {
        vector[i] = strcpy(bytes, runtime->arguments[i]);
        bytes += strlen(bytes) + 1;
    }
    vector[runtime->argument_count] = NULL;
    return (uintptr_t)vector;
}

__attribute__((noreturn)) static void finish(uintptr_t result) {
    runtime_action(ACTION_FINISH, 0)->operand[0] = result;
    runtime_stop();
}

/* Where the frame of a function begins that is called here, as its debugging information counts. */
static inline __attribute__((always_inline)) uintptr_t next_frame(void) {
    uintptr_t pointer;
#if defined(__x86_64__)
    __asm__ volatile("movq %%rsp, %0" : "=r"(pointer));
#elif defined(__aarch64__)
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
#else
    pointer = 0;
#endif
    return pointer;
}

static void note_frame(struct runtime *runtime, uint32_t thread, uintptr_t frame) {
    runtime->first_frame[thread > 0] = frame ? layout_stack_top(thread) - frame : 0;
}

static void run_main(struct runtime *runtime, char **arguments) {
    constructor *const *constructors = (constructor *const *)runtime->image.constructors;
    char **environment = arguments + runtime->argument_count; /* ends at once: empty */

    image_is_constructed(&runtime->image, false);
    for (size_t i = 0; i < runtime->image.constructor_count; i++)
        constructors[i](runtime->argument_count, arguments, environment);
    image_is_constructed(&runtime->image, true);
    note_frame(runtime, 0, next_frame());
    int status = ((main_function *)runtime->main_function)(runtime->argument_count,
                                                           arguments, environment);
    uint32_t site = (uint32_t)(runtime->main_function - runtime->image.base) + 1;
    at_exit_run(site);
    at_exit_judge(status, "main", site);
    finish((uintptr_t)(unsigned)status); /* the process ends: keys keep what they hold */
}

static void run_thread(void *argument) {
    struct fiber_thread *thread = argument;

    if (thread->id == 0)
        run_main(the_runtime, (char **)thread->argument);
    note_frame(the_runtime, thread->id, next_frame());
    thread_finish(
        (uintptr_t)((thread_routine *)thread->routine)((void *)thread->argument));
}

void thread_start(struct runtime *runtime, struct fiber_thread *thread) {
    uintptr_t top = layout_stack_top(thread->id);
    uintptr_t bottom = top - LAYOUT_STACK_BYTES;

    if (thread->id == 0) {
        thread->argument = place_arguments(runtime, top);
        top = thread->argument;
    }
    if (runtime->image.tls_bytes) {
        char *block = (char *)(LAYOUT_TLS + thread->id * LAYOUT_TLS_SLOT);
        memcpy(block, (const void *)runtime->image.tls_image,
               runtime->image.tls_file_bytes);
        memset(block + runtime->image.tls_file_bytes, 0,
               runtime->image.tls_bytes - runtime->image.tls_file_bytes);
    }
    fiber_prepare(&thread->fiber, (void *)bottom, top - bottom, run_thread, thread);
    thread->state = THREAD_STARTED;
}

void thread_reset(struct fiber_thread *thread) {
    uintptr_t top = layout_stack_top(thread->id);
    uintptr_t low = thread->stack_low - STACK_MARGIN;
    uintptr_t bottom = top - LAYOUT_STACK_BYTES;

    if (thread->state == THREAD_UNUSED)
        return;
    if (low < bottom)
        low = bottom;
    fiber_as_bytes((void *)low, top - low);
    if (top - low > STACK_KEEP)
        madvise((void *)bottom, LAYOUT_STACK_BYTES - STACK_KEEP, MADV_DONTNEED);
    if (top - low > STACK_KEEP)
        low = top - STACK_KEEP;
    memset((void *)low, 0, top - low);
    thread->state = THREAD_UNUSED;
    thread->called_exit = thread->is_exiting = false;
    thread->stack_low = top;
    thread->ask_first = NULL;
    thread->routine = thread->argument = thread->handle = 0;
    thread->children = thread->joined = 0;
    thread->has_panicked = thread->is_joined = thread->keeps_books = false;
    thread->held_count = 0;
    thread->wakes = 0;
    thread->plain_reads = 0;
    thread->keys_made = 0;
    thread->cleanup = NULL;
    if (thread->key_used)
        memset(thread->key_value, 0, sizeof thread->key_value);
    thread->key_used = 0;
    if (thread->clock.looks || thread->clock.now_ns)
        thread->clock = (struct own_clock){0};
    thread->random_state = the_runtime->seed;
    thread->descriptors_made = 0;
    thread->looked_for = 0;
    thread->told_of_sleep = 0;
    thread->blocked_signals = 0;
    thread->error_number = 0;
    thread->destructor_count = 0;
    spin_reset(thread->spin);
    retry_forget(thread->retry);
    thread->retry->is_parked = false;
}

void thread_prepare(struct runtime *runtime, uint32_t id, uintptr_t routine,
                    uintptr_t argument) {
    struct fiber_thread *thread = &runtime->thread[id];

    thread->state = THREAD_FRESH;
    thread->routine = routine;
    thread->argument = argument;
    if (id >= runtime->thread_count)
        runtime->thread_count = id + 1;
}

/* As glibc: by number, again while destructors leave values behind, at most a few rounds. */
static void run_key_destructors(struct runtime *runtime, struct fiber_thread *thread) {
    for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS && thread->key_used;
         round++)
        for (unsigned key = 0; key < RUNTIME_KEYS; key++) {
            uintptr_t value = thread->key_value[key];
            if (!(thread->key_used >> key & 1))
                continue;
            thread->key_used &= ~((uint64_t)1 << key);
            thread->key_value[key] = 0;
            if (value && runtime->keys[key].destructor)
                ((void (*)(void *))runtime->keys[key].destructor)((void *)value);
        }
}

/* The next one to take them is told. */
static void leave_robust_mutexes(struct fiber_thread *thread) {
    for (uint32_t i = 0; i < thread->held_count; i++) {
        if (!thread->held[i].is_robust)
            continue;
        struct action *action = runtime_action(ACTION_STORE, the_runtime->last_site);
        action->order = ORDER_RELEASE;
        action->size = 8;
        action->flags = ACTION_HIDDEN;
        action->message = "owner ends";
        action->address = runtime_hidden((const void *)thread->held[i].lock);
        action->operand[0] = OWNER_IS_DEAD;
        runtime_ask();
    }
}

void thread_finish(uintptr_t result) {
    struct fiber_thread *thread = runtime_thread();

    at_exit_run_local();
    run_key_destructors(the_runtime, thread);
    leave_robust_mutexes(thread);
    finish(result);
}

void thread_spawn(uintptr_t routine, uintptr_t argument, uintptr_t handle,
                  uint32_t site) {
    struct action *action = runtime_action(ACTION_SPAWN, site);

    action->operand[0] = routine;
    action->operand[1] = argument;
    uint32_t id = runtime_ask()->thread;
    if (id >= LAYOUT_THREADS)
        runtime_fail(FAILURE_UNSUPPORTED, site, "more than %u threads in one execution",
                     LAYOUT_THREADS);
    if (the_runtime->thread[id].state == THREAD_UNUSED)
        thread_prepare(the_runtime, id, routine, argument);
    if (the_runtime->answers) /* who goes there comes from another thread */
        thread_start(the_runtime, &the_runtime->thread[id]);
    the_runtime->thread[id].handle = handle;
}
