/* SPDX-License-Identifier: MIT */
/* runtime: see runtime.h. */
#define _GNU_SOURCE
#include "program/runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "failure.h"
#include "program/reach.h"
#include "program/resolve.h"
#include "program/thread_life.h"

struct runtime *the_runtime;

/* --- the search's side -------------------------------------------------------------------- */

static void restart(void *self) {
    struct runtime *runtime = self;

    for (uint32_t i = 0; i < runtime->thread_count; i++)
        thread_reset(&runtime->thread[i]);
    runtime->thread_count = 0;
    image_restore(&runtime->image);
    heap_reset(&runtime->heap);
    printed_reset(&runtime->printed);
    runtime->at_exit_count = 0;
    if (runtime->keys_used)
        memset(runtime->keys, 0, sizeof runtime->keys);
    runtime->keys_used = false;
    thread_prepare(runtime, 0, 0, 0);
}

static void step(void *self, uint32_t id, const struct reply *reply,
                 struct action *next) {
    struct runtime *runtime = self;
    struct thread *thread = &runtime->thread[id];

    if (thread->state == THREAD_FRESH)
        thread_start(runtime, thread);
    else if (thread->state != THREAD_STARTED) {
        fprintf(stderr, "engine bug: thread %u was stepped but %s\n", id,
                thread->state == THREAD_OVER ? "is over" : "never started");
        abort();
    }
    if (thread->retry
            ->is_parked) { /* the search did answer AWAIT: the read itself is next */
        *next = thread->retry->parked;
        thread->retry->is_parked = false;
        thread->spin->actions++; /* the AWAIT that was answered */
        retry_forget(thread->retry);
        return;
    }
    if (reply) {
        thread->reply = *reply;
        retry_answered(thread->retry, reply);
    }
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

static const unsigned char *initial(void *self, uintptr_t address) {
    const struct runtime *runtime = self;
    return image_initial(&runtime->image, address);
}

static size_t first_lost(void *self, const uintptr_t *blocks, size_t count) {
    return reach_first_lost(self, blocks, count);
}

struct program runtime_program(struct runtime *runtime) {
    return (struct program){.self = runtime,
                            .restart = restart,
                            .step = step,
                            .initial = initial,
                            .first_lost = first_lost};
}

/* --- the program's side ------------------------------------------------------------------- */

static bool has_effect(enum action_kind kind) {
    switch (kind) {
    case ACTION_LOAD:
    case ACTION_READ:
    case ACTION_WRITE: /* runtime_access looks at where it goes */
    case ACTION_CAS:   /* runtime_ask looks at what they did */
    case ACTION_RMW:
    case ACTION_STORE: /* runtime_ask, too: it may be where a trial ends */
    case ACTION_FENCE:
    case ACTION_YIELD:
    case ACTION_AWAIT:
        return false;
    default:
        return true;
    }
}

struct action *runtime_action(enum action_kind kind, uint32_t site) {
    struct action *action = the_runtime->next;

    memset(action, 0, sizeof *action);
    action->kind = (uint8_t)kind;
    action->site = site;
    if (has_effect(kind)) {
        spin_effect(the_runtime->current->spin);
        if (!the_runtime->current->retry->is_trial)
            retry_forget(the_runtime->current->retry);
    }
    return action;
}

static void hand_over(struct runtime *runtime) {
    struct thread *thread = runtime->current;
    fiber_switch(&thread->fiber, &runtime->search);
}

static void check_limit(struct runtime *runtime) {
    struct thread *thread = runtime->current;
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
static bool rmw_changes(enum action_op op, unsigned size, const uint64_t operand[2],
                        const uint64_t old[2]) {
    uint64_t mask = size < 8 ? ((uint64_t)1 << 8 * size) - 1 : UINT64_MAX;

    for (int half = 0; half < (size == 16 ? 2 : 1); half++) {
        uint64_t now = old[half];
        switch (op) {
        case OP_EXCHANGE:
            now = operand[half];
            break;
        case OP_ADD:
        case OP_SUB:
            now = old[half] + operand[half]; /* changes it exactly if subtracting does */
            break;
        case OP_AND:
            now = old[half] & operand[half];
            break;
        case OP_OR:
            now = old[half] | operand[half];
            break;
        case OP_XOR:
            now = old[half] ^ operand[half];
            break;
        case OP_NAND:
            now = ~(old[half] & operand[half]);
            break;
        }
        if ((now ^ old[half]) & mask)
            return true;
    }
    return false;
}

const struct reply *runtime_ask(void) {
    struct runtime *runtime = the_runtime;
    struct thread *thread = runtime->current;
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
    if (kind == ACTION_STORE || (kind == ACTION_CAS && thread->reply.succeeded) ||
        (kind == ACTION_RMW && rmw_changes(op, size, operand, thread->reply.value))) {
        spin_effect(thread->spin);
        retry_forget(thread->retry);
    }
    return &thread->reply;
}

const struct reply *runtime_ask_read(const void *address, uint64_t detail_1,
                                     uint64_t detail_2) {
    struct runtime *runtime = the_runtime;
    struct thread *thread = runtime->current;
    struct action *next = runtime->next;
    uint64_t what[5] = {next->site | (uint64_t)next->kind << 32, (uintptr_t)address,
                        detail_1, detail_2, next->size | (uint64_t)next->order << 8};
    uintptr_t top = layout_stack_top(thread->id);
    uint32_t round = thread->retry->is_trial ? 0 : spin_arrive(thread->spin, what, top);

    if (round) {
        struct action read = *next;
        struct program_entry entry = program_entry; /* others enter meanwhile */
        next->kind = ACTION_AWAIT;
        memset(next->operand, 0, sizeof next->operand);
        memset(next->expected, 0, sizeof next->expected);
        next->operand[0] = round;
        runtime_ask();
        program_entry = entry;
        spin_effect(thread->spin);
        spin_arrive(thread->spin, what, top);
        *runtime->next = read;
    }
    return runtime_ask();
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

    set_failure(failure, site, keep_message(runtime, text));
    runtime->current->state = THREAD_OVER;
    runtime->current->stack_low = layout_stack_top(runtime->current->id) - STACK_KEEP;
    fiber_land(&runtime->search, signal_context);
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

/* --- opening ------------------------------------------------------------------------------ */

static bool reserve(uintptr_t start, uintptr_t end, int protection) {
    return mmap((void *)start, end - start, protection,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
                0) == (void *)start;
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
    return spins != MAP_FAILED && retries != MAP_FAILED;
}

bool runtime_open(struct runtime *runtime, const char *path, runtime_served *served,
                  char *problem, size_t bytes) {
    the_runtime = runtime;
    runtime->served = served;
    if (!open_stacks(runtime)) {
        snprintf(problem, bytes, "the address range of the stacks is taken");
        return false;
    }
    heap_open(&runtime->heap);
    if (!image_load(&runtime->image, path, resolve_symbol, runtime, problem, bytes))
        return false;
    if (runtime->image.tls_bytes > LAYOUT_TLS_SLOT) {
        snprintf(problem, bytes, "more than %zu bytes of thread-local variables",
                 (size_t)LAYOUT_TLS_SLOT);
        return false;
    }
    resolve_seal();
#ifdef EXPLORE_UCONTEXT
    runtime->no_retry = true; /* a trial needs a thread's registers to be on its stack */
#endif
    runtime->main_function = image_symbol(&runtime->image, "main");
    runtime->is_scenario = image_symbol(&runtime->image, "heald_subject") != 0;
    if (runtime->step_limit == 0)
        runtime->step_limit = 1000000;
    if (runtime->endless_ms == 0)
        runtime->endless_ms = 2000;
    return true;
}
