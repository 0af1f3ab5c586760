/* SPDX-License-Identifier: MIT */
/*
 * runtime: the program under test, running as fibers, one action at a time.
 *
 * Why       It is the other side of action.h: it turns a real program into something that can be
 *           restarted and stepped, thread by thread.
 * How       A hook fills the next action (runtime_action), switches to the search (runtime_ask) and
 *           finds the search's answer when it returns, however much later that is.
 * State     All of it is in struct runtime. One global points to it, because the program's calls
 *           carry no context.
 * Rule      What a thread sees here follows from its own history alone. State shared by threads
 *           (who holds a lock) lives in hidden locations, which the search answers for.
 */
#ifndef EXPLORE_RUNTIME_H
#define EXPLORE_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include <heald/explore.h>

#include "action.h"
#include "program/fiber.h"
#include "program/heap.h"
#include "program/image.h"
#include "program/layout.h"
#include "program/orders.h"
#include "program/printed.h"
#include "program/retry.h"
#include "program/spin.h"

enum {
    RUNTIME_HELD = 32,        /* locks one thread may hold at a time */
    RUNTIME_KEYS = 64,        /* thread-specific keys of one execution */
    RUNTIME_AT_EXIT = 64,     /* atexit functions of one execution */
    RUNTIME_DESTRUCTORS = 16, /* thread-local objects of one thread */
    RUNTIME_MESSAGE = 512,    /* bytes of the text of a failure */
};

enum thread_state { THREAD_UNUSED, THREAD_FRESH, THREAD_STARTED, THREAD_OVER };

struct held_lock {
    uintptr_t lock;
    uint32_t depth;
    bool is_shared; /* a read lock */
};

enum at_exit_kind { AT_EXIT_PLAIN, AT_EXIT_ARGUMENT, AT_EXIT_QUICK };

struct at_exit {
    uintptr_t function;
    uintptr_t argument;
    enum at_exit_kind kind;
    uint32_t thread; /* that registered it */
};

struct thread {
    struct fiber fiber;
    enum thread_state state;
    bool called_exit; /* over, but its stack is as it was */
    bool is_entered;  /* program_entry was filled by the call that it is in */
    uint32_t id;
    uintptr_t routine;
    uintptr_t argument;
    uintptr_t handle;    /* its pthread_t; 0: main */
    uint32_t children;   /* threads it has made */
    uintptr_t stack_low; /* lowest byte that may have been written */
    struct reply reply;
    struct held_lock held[RUNTIME_HELD];
    uint32_t held_count;
    uint32_t wakes;       /* condition waits that ended in a signal */
    uint32_t plain_reads; /* since the last plain write */
    uint32_t keys_made;
    uintptr_t key_value[RUNTIME_KEYS];
    uint64_t key_used; /* bit set of key_value entries that were set */
    uint64_t clock_ns; /* own time, moves on when asked and when slept */
    uint64_t look_ns;  /* by how much the last look at it moved it */
    struct at_exit destructors[RUNTIME_DESTRUCTORS]; /* of thread-local objects */
    uint32_t destructor_count;
    uint64_t random_state;
    uint64_t blocked_signals; /* bit s - 1: signal s */
    int error_number;
    struct spin *spin;
    struct retry *retry;
};

struct key {
    uintptr_t destructor;
    bool is_used;
};

/* What the program finds under this name of its libraries; 0: not served. */
typedef uintptr_t runtime_served(const char *name);

struct runtime {
    runtime_served *served;
    struct image image;
    struct heap heap;
    struct thread thread[LAYOUT_THREADS];
    struct thread *current; /* NULL while the search runs */
    struct fiber search;
    struct action *next;   /* what the current thread is about to report */
    uint32_t thread_count; /* highest id used in this execution, plus 1 */
    uint32_t last_site;    /* of the last call from the program */
    const char *verb;      /* what a hidden action is to the program: "lock" */
    uint64_t steps;        /* since the process started; the watchdog looks at it */
    uint64_t step_limit;   /* actions of one thread in one execution */
    struct key keys[RUNTIME_KEYS];
    bool keys_used;
    struct at_exit at_exit[RUNTIME_AT_EXIT];
    uint32_t at_exit_count;
    bool is_scenario;     /* the program drives a subject's operations */
    bool destroys_locks;  /* it calls a function that destroys condition variables, ... */
    bool any_exit_status; /* one other than 0 is no failure */
    struct printed printed;
    struct orders orders;
    const char **messages; /* of failures, each once; they live as long as the process */
    size_t message_count;
    /* What thread 0 runs. */
    uintptr_t main_function;
    int argument_count;
    char **arguments;
    /* With races allowed memory is not what a thread would find there: no trials. */
    bool no_retry;
    /* A thread without any action for so long is in a loop without end. */
    uint32_t endless_ms;
};

extern struct runtime *the_runtime;

/* Loads the program, binds it to what serves it, finds its main. False: `problem` says why. */
bool runtime_open(struct runtime *runtime, const char *path, runtime_served *served,
                  char *problem, size_t bytes);

/* The search's view. */
struct program runtime_program(struct runtime *runtime);

/* --- for the hooks ------------------------------------------------------------------------ */

static inline struct thread *runtime_thread(void) { return the_runtime->current; }

/* Offset of a return address in the image: the name of a source place. 0 outside the program. */
static inline uint32_t runtime_site(const void *return_address, bool is_entered) {
    uintptr_t address = (uintptr_t)return_address;
    const struct image *image = &the_runtime->image;
    bool is_inside = address >= image->base && address < image->end;
    the_runtime->current->is_entered = is_entered;
    return the_runtime->last_site = is_inside ? (uint32_t)(address - image->base) : 0;
}

/* The thread's next action, all zero but kind and site. */
struct action *runtime_action(enum action_kind kind, uint32_t site);

/* Hands the action over; returns with the reply. Effects are counted for the spin detector. */
const struct reply *runtime_ask(void);

/* A read that a loop may wait on: asks AWAIT first if nothing changed since it was here. */
const struct reply *runtime_ask_read(const void *address, uint64_t detail_1,
                                     uint64_t detail_2);

/* Mapped memory of the program (constants too): an atomic may be there. */
bool runtime_may_be_atomic(const void *address, size_t size);

/* A plain access, ACTION_READ or ACTION_WRITE, ready to be asked; NULL if it is not the search's
 * business: empty, constant, or not the program's memory. */
struct action *runtime_plain(enum action_kind kind, const void *address, size_t length,
                             uint32_t site);

/* An access to a stack: what others reach, or is reached atomically, is shared memory. */
void runtime_touches_stack(uintptr_t start, size_t length, bool is_atomic);

/* A plain access, asked. */
void runtime_access(enum action_kind kind, const void *address, size_t length,
                    uint32_t site);
/* The same of a block: what memcpy, calloc and their like do. */
void runtime_block(enum action_kind kind, const void *address, size_t length,
                   uint32_t site);

/* Reports a failure of the program; does not return. `failure` is its kind. */
__attribute__((noreturn, format(printf, 3, 4))) void
runtime_fail(enum explore_failure_kind failure, uint32_t site, const char *format, ...);

/* Ends the current thread: destructors of keys, then FINISH; does not return. */
__attribute__((noreturn)) void runtime_finish(uintptr_t result);

/* Ends a trial of retry: what would come now cannot be undone. */
__attribute__((noreturn)) void runtime_stop_trial(enum action_kind kind);

/* The thread never runs again: after EXIT and FINISH. */
__attribute__((noreturn)) void runtime_stop(void);

/* Says that a library call has used this much of the thread's stack. */
static inline void runtime_used_stack(size_t bytes) {
    struct thread *thread = runtime_thread();
    uintptr_t low = (uintptr_t)__builtin_frame_address(0) - bytes;
    if (low < thread->stack_low)
        thread->stack_low = low;
}

/* Starts a thread, whose pthread_t is `handle`. */
void runtime_spawn(uintptr_t routine, uintptr_t argument, uintptr_t handle,
                   uint32_t site);

/* The hidden location that belongs to an object; 8 bytes, wherever the object is. */
static inline uintptr_t runtime_hidden(const void *address) {
    return (uintptr_t)address << 3 | LAYOUT_HIDDEN;
}

static inline uintptr_t runtime_unhidden(uintptr_t location) {
    return location & LAYOUT_HIDDEN ? (location & ~LAYOUT_HIDDEN) >> 3 : location;
}

/* In a signal handler: the running thread has failed; the search goes on when the handler returns. */
void runtime_crash(enum explore_failure_kind failure, uint32_t site, const char *text,
                   void *signal_context);

#endif
