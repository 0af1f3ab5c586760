/* SPDX-License-Identifier: MIT */
/*
 * state: all that is known of the program under test and its threads, between two steps.
 *
 * Why       One struct, composed of the modules' own: between executions it is made as new. It lies
 *           below what the program's calls do (runtime.h) and what steps the program (program.h).
 */
#ifndef EXPLORE_STATE_H
#define EXPLORE_STATE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <heald/explore.h>

#include "action.h"
#include "program/fiber.h"
#include "program/heap.h"
#include "program/image.h"
#include "program/layout.h"
#include "program/orders.h"
#include "program/own_clock.h"
#include "program/printed.h"
#include "program/spin.h"
#include "program/standard_streams.h"

/* Below the last stack pointer seen: what a library call or a small leaf function may have used; and
   how much of a stack is cleaned instead of given back to the system. */
enum { STACK_MARGIN = 1024, STACK_KEEP = 256 * 1024 };

enum {
    RUNTIME_HELD = 32,        /* locks one thread may hold at a time */
    RUNTIME_RANGES = 16,      /* numbers that a harness leaves open */
    RUNTIME_KEYS = 64,        /* thread-specific keys of one execution */
    RUNTIME_AT_EXIT = 64,     /* atexit functions of one execution */
    RUNTIME_CODE_READ = 64,   /* places whose code is remembered */
    RUNTIME_DESTRUCTORS = 16, /* thread-local objects of one thread */
    RUNTIME_MESSAGE = 512,    /* bytes of the text of a failure */
    ENDLESS_MS = 2000,        /* see `endless_ms` */
};

struct retry;

enum thread_state { THREAD_UNUSED, THREAD_FRESH, THREAD_STARTED, THREAD_OVER };

struct held_lock {
    uintptr_t lock;
    uint32_t depth;
    bool is_shared; /* a read lock */
    bool is_robust; /* a mutex whose next owner is told that this one ended */
    bool was_left;  /* such a mutex, taken after that and not yet made consistent */
};

/* What a robust mutex is besides 0, free, and 1, held: its owner ended; nobody made it consistent. */
enum { OWNER_IS_DEAD = 2, NOT_RECOVERABLE = 3 };

enum at_exit_kind { AT_EXIT_PLAIN, AT_EXIT_ARGUMENT, AT_EXIT_QUICK };

struct at_exit {
    uintptr_t function;
    uintptr_t argument;
    enum at_exit_kind kind;
    uint32_t thread; /* that registered it */
};

/* Whether the code at a place stores before it calls anything: see store_ahead.h. */
struct code_read {
    uint32_t site;
    bool stores;
};

enum { LATE_WRITE_BYTES = 256 }; /* of a longer one nothing is taken back */

struct late_write {
    uintptr_t start;
    size_t length;
    uint32_t site;
    uint8_t flags;
    bool is_read; /* what it copies has been read */
    unsigned char before[LATE_WRITE_BYTES];
};

struct fiber_thread {
    struct fiber fiber;
    enum thread_state state;
    bool called_exit; /* over, but its stack is as it was */
    bool is_exiting;  /* inside exit: what runs there may call it again */
    bool is_entered;  /* spin_entry was filled by the call that it is in ... */
    bool is_noted;    /* ... and is kept in `entry` */
    struct spin_entry entry;
    uint32_t id;
    uintptr_t routine;
    uintptr_t argument;
    uintptr_t handle;    /* its pthread_t; 0: main */
    uint32_t children;   /* threads it has made */
    uint32_t joined;     /* and how many it has joined */
    bool has_panicked;   /* Rust: it ended by a panic, or will */
    bool is_joined;      /* by its maker */
    bool keeps_books;    /* Rust: what it allocates now is its library's own */
    uintptr_t stack_low; /* lowest byte that may have been written */
    struct reply reply;
    struct held_lock held[RUNTIME_HELD];
    uint32_t held_count;
    uint32_t wakes;       /* condition waits that ended in a signal */
    uint32_t plain_reads; /* since the last plain write */
    uint32_t keys_made;
    uintptr_t key_value[RUNTIME_KEYS];
    uint64_t key_used; /* bit set of key_value entries that were set */
    void *cleanup;     /* newest of the handlers that pthread_exit runs */
    uintptr_t exit_result;
    struct own_clock clock;
    struct at_exit destructors[RUNTIME_DESTRUCTORS]; /* of thread-local objects */
    uint32_t destructor_count;
    uint64_t random_state;
    uint32_t descriptors_made;
    uint64_t told_of_sleep;   /* to others, of a futex (calls/futex_calls.h) */
    uintptr_t looked_for;     /* the thread that it found not to have ended yet */
    uint64_t blocked_signals; /* bit s - 1: signal s */
    int error_number;
    struct spin *spin;
    struct retry *retry;
    void (*ask_first)(void); /* before its next action; NULL: nothing */
    struct late_write late;
};

/* What the program asked that has one answer here and many elsewhere. */
enum asked {
    ASKED_ENVIRONMENT = 1,
    ASKED_RANDOM = 2,
    ASKED_TIME = 4,
    ASKED_FILES = 8,
    ASKED_INPUT = 16
};

/* Of a number that a harness leaves open at a place: what follows allows no other. */
struct open_range {
    uint32_t site;
    long least, greatest;
};

/* At its own work: no step for so long. */
struct busy {
    bool is_known;
    uint32_t thread, site, idle_ms;
};

struct key {
    uintptr_t destructor;
    bool is_used;
};

/* What the program finds under this name of its libraries; 0: not served. */
typedef uintptr_t runtime_served(const char *name);

struct runtime {
    volatile sig_atomic_t hurry; /* set by a signal: the time is over */
    runtime_served *served;
    struct image image;
    struct heap heap;
    struct fiber_thread thread[LAYOUT_THREADS];
    struct fiber_thread *current; /* NULL while the search runs */
    struct fiber search;
    struct action *next;           /* what the current thread is about to report */
    const struct answers *answers; /* who answers at once; NULL: threads are stepped */
    bool goes_on;          /* it is known that it neither waits nor has come back */
    uint32_t thread_count; /* highest id used in this execution, plus 1 */
    uint32_t last_site;    /* of the last call from the program */
    const char *verb;      /* what a hidden action is to the program: "lock" */
    /* How far below its stack's top main's frame begins, and that of any other thread's routine. */
    uintptr_t first_frame[2];
    uint64_t steps;      /* since the process started; the watchdog looks at it */
    uint32_t idle_ms;    /* of processor time that a thread has had since the last one */
    struct busy busy;    /* who was at its own work when the time was over */
    uint64_t step_limit; /* actions of one thread in one execution */
    struct key keys[RUNTIME_KEYS];
    bool keys_used;
    struct at_exit at_exit[RUNTIME_AT_EXIT];
    uint32_t at_exit_count;
    bool at_exit_used; /* something was registered, run or not */
    struct open_range ranges[RUNTIME_RANGES];
    uint32_t range_count;
    unsigned asked; /* enum asked, ORed: since the process began */
    bool is_sc;     /* the memory model: no fence orders anything */
    bool is_rust;
    uint64_t private_threads; /* what they do to their own stacks and storage is untold */
    struct explore_range *statics; /* of Rust's library: statics.h */
    size_t static_count;
    struct standard_streams streams;
    bool races_allowed;
    bool volatile_relaxed;
    bool wakes_spuriously; /* waiting for a condition may end for no reason */
    uint64_t seed;         /* of the program's random numbers */
    bool is_scenario;      /* the program drives a subject's operations */
    bool destroys_locks; /* it calls a function that destroys condition variables, ... */
    bool closes_descriptors, doubles_descriptors; /* the same: close; dup */
    bool detaches_threads; /* the same: a function that detaches one */
    bool any_exit_status;  /* one other than 0 is no failure */
    bool panics_allowed;   /* those of Rust that nobody takes are none */
    struct code_read code_read[RUNTIME_CODE_READ];
    struct printed printed;
    struct orders orders;
    struct callers *callers; /* NULL: never asked for */
    bool tells_callers;      /* each action says who called its function */
    bool has_grandchildren; /* a thread other than main has made one, in some execution */
    const char **messages;  /* of failures, each once; they live as long as the process */
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

#endif
