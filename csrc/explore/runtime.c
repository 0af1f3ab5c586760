/* SPDX-License-Identifier: MIT */
/* runtime: see runtime.h. */
#define _GNU_SOURCE
#include "runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entry.h"
#include "failure.h"
#include "reach.h"
#include "resolve.h"

/* Below the last stack pointer seen: what a library call or a small leaf function may have used. */
enum { STACK_MARGIN = 1024, STACK_KEEP = 256 * 1024 };

struct runtime *the_runtime;

/* --- threads ------------------------------------------------------------------------------ */

typedef void constructor(int, char **, char **);
typedef int main_function(int, char **, char **);
typedef void *thread_routine(void *);

static void call_at_exit(struct at_exit entry) {
    if (entry.takes_argument)
        ((void (*)(void *))entry.function)((void *)entry.argument);
    else
        ((void (*)(void))entry.function)();
}

/* Which thread registered first is chance, so it must not decide about the order. */
void runtime_run_at_exit(void) {
    struct runtime *runtime = the_runtime;

    while (runtime->at_exit_count > 0) {
        uint32_t last = 0;
        for (uint32_t i = 1; i < runtime->at_exit_count; i++)
            if (runtime->at_exit[i].thread >= runtime->at_exit[last].thread)
                last = i;
        struct at_exit entry = runtime->at_exit[last];
        memmove(&runtime->at_exit[last], &runtime->at_exit[last + 1],
                (runtime->at_exit_count - last - 1) * sizeof entry);
        runtime->at_exit_count--;
        call_at_exit(entry);
    }
}

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

static void run_local_destructors(struct thread *thread) {
    while (thread->destructor_count > 0)
        call_at_exit(thread->destructors[--thread->destructor_count]);
}

__attribute__((noreturn)) static void finish(uintptr_t result) {
    runtime_action(ACTION_FINISH, 0)->operand[0] = result;
    runtime_stop();
}

static void run_main(struct runtime *runtime, char **arguments) {
    constructor *const *constructors = (constructor *const *)runtime->image.constructors;
    char **environment = arguments + runtime->argument_count; /* ends at once: empty */

    for (size_t i = 0; i < runtime->image.constructor_count; i++)
        constructors[i](runtime->argument_count, arguments, environment);
    image_begins(&runtime->image);
    int status = ((main_function *)runtime->main_function)(runtime->argument_count,
                                                           arguments, environment);
    runtime_run_at_exit();
    run_local_destructors(runtime->current);
    finish((uintptr_t)(unsigned)status); /* the process ends: keys keep what they hold */
}

static void run_thread(void *argument) {
    struct thread *thread = argument;

    if (thread->id == 0)
        run_main(the_runtime, (char **)thread->argument);
    runtime_finish(
        (uintptr_t)((thread_routine *)thread->routine)((void *)thread->argument));
}

static void start_thread(struct runtime *runtime, struct thread *thread) {
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

static void reset_thread(struct thread *thread) {
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
    thread->called_exit = false;
    thread->stack_low = top;
    thread->routine = thread->argument = thread->handle = 0;
    thread->children = 0;
    thread->held_count = 0;
    thread->wakes = 0;
    thread->plain_reads = 0;
    thread->keys_made = 0;
    if (thread->key_used)
        memset(thread->key_value, 0, sizeof thread->key_value);
    thread->key_used = 0;
    thread->clock_ns = 0;
    thread->random_state = 0;
    thread->error_number = 0;
    thread->look_ns = 0;
    thread->destructor_count = 0;
    spin_reset(thread->spin);
    retry_forget(thread->retry);
    thread->retry->is_parked = false;
}

static void prepare_thread(struct runtime *runtime, uint32_t id, uintptr_t routine,
                           uintptr_t argument) {
    struct thread *thread = &runtime->thread[id];

    thread->state = THREAD_FRESH;
    thread->routine = routine;
    thread->argument = argument;
    if (id >= runtime->thread_count)
        runtime->thread_count = id + 1;
}

/* --- the search's side -------------------------------------------------------------------- */

static void restart(void *self) {
    struct runtime *runtime = self;

    for (uint32_t i = 0; i < runtime->thread_count; i++)
        reset_thread(&runtime->thread[i]);
    runtime->thread_count = 0;
    image_restore(&runtime->image);
    heap_reset(&runtime->heap);
    output_reset(&runtime->output);
    runtime->at_exit_count = 0;
    if (runtime->keys_used)
        memset(runtime->keys, 0, sizeof runtime->keys);
    runtime->keys_used = false;
    prepare_thread(runtime, 0, 0, 0);
}

static void step(void *self, uint32_t id, const struct reply *reply,
                 struct action *next) {
    struct runtime *runtime = self;
    struct thread *thread = &runtime->thread[id];

    if (thread->state == THREAD_FRESH)
        start_thread(runtime, thread);
    else if (thread->state != THREAD_STARTED) {
        fprintf(stderr, "engine bug: thread %u was stepped but %s\n", id,
                thread->state == THREAD_OVER ? "is over" : "never started");
        abort();
    }
    if (thread->retry
            ->is_parked) { /* the search did answer AWAIT: the read itself is next */
        *next = thread->retry->parked;
        thread->retry->is_parked = false;
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
        next->kind = ACTION_AWAIT;
        memset(next->operand, 0, sizeof next->operand);
        memset(next->expected, 0, sizeof next->expected);
        next->operand[0] = round;
        runtime_ask();
        spin_effect(thread->spin);
        spin_arrive(thread->spin, what, top);
        *runtime->next = read;
    }
    return runtime_ask();
}

/* Memory that is the program's own and mapped: what the search may be told about. */
static bool is_program_memory(const struct runtime *runtime, uintptr_t address,
                              size_t length) {
    if (address >= runtime->image.writable_start && address < runtime->image.writable_end)
        return true;
    if (address < LAYOUT_STACKS || address >= LAYOUT_HEAP_END)
        return false;
    if (address >= LAYOUT_HEAP)
        return address + length <= LAYOUT_HEAP_END;
    if (layout_is_stack(address))
        return (address - LAYOUT_STACKS) % LAYOUT_STACK_SLOT >=
               LAYOUT_STACK_SLOT - LAYOUT_STACK_BYTES;
    return address >= LAYOUT_TLS && address < LAYOUT_TLS_END &&
           (address - LAYOUT_TLS) % LAYOUT_TLS_SLOT + length <= runtime->image.tls_bytes;
}

void runtime_touches_stack(uintptr_t start, size_t length, bool is_atomic) {
    uint32_t owner = (uint32_t)((start - LAYOUT_STACKS) / LAYOUT_STACK_SLOT);
    struct thread *thread = &the_runtime->thread[owner];

    if (is_atomic || thread != the_runtime->current)
        spin_share(thread->spin, start, start + length);
}

static bool is_on_stack_of(const struct thread *thread, uintptr_t address) {
    uintptr_t stack_top = layout_stack_top(thread->id);

    return address < stack_top && address >= stack_top - LAYOUT_STACK_BYTES;
}

static bool can_be_noticed(const struct thread *thread, uintptr_t start, size_t length) {
    return !is_on_stack_of(thread, start) ||
           spin_is_shared(thread->spin, start, start + length);
}

struct action *runtime_plain(enum action_kind kind, const void *address, size_t length,
                             uint32_t site) {
    struct runtime *runtime = the_runtime;
    struct thread *thread = runtime->current;
    uintptr_t start = (uintptr_t)address;

    if (length == 0 || !is_program_memory(runtime, start, length))
        return NULL; /* constant, or the host's: not shared; or wild: the access itself faults */
    struct action *action = runtime_action(kind, site);
    action->address = start;
    action->length = length;
    /* A failed compare-exchange updates `expected` there without a word. */
    if (is_on_stack_of(thread, start))
        action->flags |= ACTION_PRIVATE;
    if (layout_is_stack(start))
        runtime_touches_stack(start, length, false);
    if (kind == ACTION_WRITE) {
        thread->plain_reads = 0;
        if (can_be_noticed(thread, start, length)) {
            spin_effect(thread->spin);
            retry_log(thread->retry, start, length);
        }
    }
    return action;
}

void runtime_access(enum action_kind kind, const void *address, size_t length,
                    uint32_t site) {
    if (runtime_plain(kind, address, length, site))
        runtime_ask();
}

void runtime_block(enum action_kind kind, const void *address, size_t length,
                   uint32_t site) {
    struct action *action = runtime_plain(kind, address, length, site);
    if (!action)
        return;
    action->flags |= ACTION_PRIVATE;
    runtime_ask();
}

bool runtime_may_be_atomic(const void *address, size_t size) {
    const struct runtime *runtime = the_runtime;
    uintptr_t start = (uintptr_t)address;

    return is_program_memory(runtime, start, size) ||
           image_is_constant(&runtime->image, start);
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

/* POSIX: again while destructors leave values behind, at most a few rounds. */
static void run_key_destructors(struct runtime *runtime, struct thread *thread) {
    for (int round = 0; round < 4 && thread->key_used; round++) {
        uint64_t used = thread->key_used;
        thread->key_used = 0;
        for (; used; used &= used - 1) {
            unsigned key = (unsigned)__builtin_ctzll(used);
            uintptr_t value = thread->key_value[key];
            thread->key_value[key] = 0;
            if (value && runtime->keys[key].destructor)
                ((void (*)(void *))runtime->keys[key].destructor)((void *)value);
        }
    }
}

void runtime_finish(uintptr_t result) {
    struct thread *thread = runtime_thread();

    run_local_destructors(thread);
    run_key_destructors(the_runtime, thread);
    finish(result);
}

void runtime_spawn(uintptr_t routine, uintptr_t argument, uintptr_t handle,
                   uint32_t site) {
    struct action *action = runtime_action(ACTION_SPAWN, site);

    action->operand[0] = routine;
    action->operand[1] = argument;
    uint32_t id = runtime_ask()->thread;
    if (id >= LAYOUT_THREADS)
        runtime_fail(FAILURE_UNSUPPORTED, site, "more than %u threads in one execution",
                     LAYOUT_THREADS);
    if (the_runtime->thread[id].state == THREAD_UNUSED)
        prepare_thread(the_runtime, id, routine, argument);
    the_runtime->thread[id].handle = handle;
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

bool runtime_open(struct runtime *runtime, const char *path, char *problem,
                  size_t bytes) {
    the_runtime = runtime;
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
    if (runtime->step_limit == 0)
        runtime->step_limit = 1000000;
    if (runtime->endless_ms == 0)
        runtime->endless_ms = 2000;
    return true;
}
