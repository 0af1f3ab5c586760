/* SPDX-License-Identifier: MIT */
/*
 * explore.h: visit the executions of a program that a memory model allows.
 *
 * Why       One call, explore(), is the whole engine: no I/O, no clock, no globals. Whoever calls
 *           it supplies the program (csrc/explore/action.h) and decides what to do with what is
 *           found, through callbacks.
 * Views     A callback gets a view: the execution graph as it stands. A view and all that is read
 *           from it are valid until the callback returns.
 * Choices   A run is named by its schedule text (explore_schedule): one choice per event, in order.
 *           The same text on the same program gives the same graph.
 */
#ifndef HEALD_EXPLORE_H
#define HEALD_EXPLORE_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

struct program; /* csrc/explore/action.h */
struct action;
struct explore_view;

enum explore_model { EXPLORE_SC, EXPLORE_TSO, EXPLORE_RC11 };

enum explore_search {
    EXPLORE_EXHAUSTIVE, /* every consistent execution once */
    EXPLORE_UNIFORM,    /* samples: each choice with equal chances */
    EXPLORE_PCT,        /* samples: Burckhardt et al., ASPLOS 2010, with `depth` */
    EXPLORE_POS,        /* samples: random priorities, new ones after each racing step */
    EXPLORE_REPLAY,     /* one run, following `schedule` */
    EXPLORE_CHOICES,    /* one run, following `choices`; zeroes when they run out */
    EXPLORE_MIXED,      /* samples: the default sampler, restless where it pays */
};

enum explore_failure_kind {
    FAILURE_NONE,
    FAILURE_DATA_RACE,
    FAILURE_USE_AFTER_FREE,
    FAILURE_DOUBLE_FREE,
    FAILURE_INVALID_FREE,
    FAILURE_LEAK,
    FAILURE_UNINITIALISED_READ,
    FAILURE_OUT_OF_BOUNDS,
    FAILURE_WILD_ACCESS, /* SIGSEGV, SIGBUS */
    FAILURE_ARITHMETIC,  /* SIGFPE */
    FAILURE_ILLEGAL,     /* SIGILL, SIGTRAP */
    FAILURE_STACK_OVERFLOW,
    FAILURE_ASSERT,
    FAILURE_ABORT,
    FAILURE_EXCEPTION,        /* uncaught, C++ */
    FAILURE_PANIC,            /* that nobody takes, Rust */
    FAILURE_EXIT_STATUS,      /* other than 0, or of an operation */
    FAILURE_SIGNAL,           /* raised by the program itself */
    FAILURE_MISUSE,           /* of a mutex, a thread, ... */
    FAILURE_DEADLOCK,         /* sleepers on guards that nobody can wake */
    FAILURE_LIVELOCK,         /* a spin loop that nobody can end */
    FAILURE_ENDLESS,          /* more events than max_events, or no end without events */
    FAILURE_NOT_LINEARIZABLE, /* for whoever judges histories */
    FAILURE_INVARIANT,
    FAILURE_UNSUPPORTED,    /* cannot be modelled: never a pass */
    FAILURE_NONDETERMINISM, /* the same replies led to another action */
    FAILURE_KINDS
};

/* One access or place that a failure is about; thread and index name its event in the view. */
struct explore_place {
    uint32_t thread;
    uint32_t index; /* position in the thread; the thread's length if not yet an event */
    uint32_t site;  /* of the action; 0: unknown */
    uint32_t callers; /* as the action has it */
    uint8_t kind;     /* enum action_kind */
    uint8_t atomic;
    uintptr_t address;
    size_t length;
};

struct explore_failure {
    enum explore_failure_kind kind;
    const char *message; /* the program's own, or a fixed one */
    uint32_t places;     /* 1, 2 or 3: the failing one, its partner, the allocation */
    struct explore_place place[3];
};

/* What a graph's event looks like from outside. */
struct explore_event {
    uint32_t thread, index;
    uint32_t stamp; /* order of insertion; any order by stamp and rf is a run */
    const struct action
        *action; /* kind, order, site, address, operands as the thread sent them */
    uint8_t reads, writes; /* an RMW or a successful CAS does both; plain ones too */
    uint8_t atomic;
    uint8_t order;   /* a failed CAS has its failure order */
    uint8_t size;    /* bytes of the values */
    uint8_t waiting; /* a guarded or looping read that has not got what it waits for */
    uint64_t value_read[2];
    uint64_t value_written[2];
    int32_t rf_thread; /* -1: the initial value */
    uint32_t rf_index;
    uint32_t mo_position; /* writes: 1.. in its location; 0 is the initial value */
    uint32_t location;    /* atomic: dense number of the location */
};

/* What a reader of the result must know beside it. */
enum explore_note {
    /* Memory changed without an access that was seen: what raced there was not seen either. */
    EXPLORE_NOTE_UNSEEN = 1,
    /* A block of the heap is too large for its bytes to be watched: only its bounds and its life. */
    EXPLORE_NOTE_LARGE_BLOCK = 2,
    /* A new block of the heap was written without an access that was seen. */
    EXPLORE_NOTE_FILLED = 4,
    /* A thread never ends, though the process does: not all of what it may do until then was seen. */
    EXPLORE_NOTE_RUNS_ON = 8,
    /* All that are left go round in loops that add and take back, and nobody knows whether they could
       help each other on. */
    EXPLORE_NOTE_ROUNDS = 16,
};

struct explore_progress {
    uint64_t executions, blocked, steps;
    double estimate; /* of all executions of an exhaustive search; 0: none yet */
    double done;     /* fraction of the estimate that has been visited, 0..1 */
    double visited;  /* share of the whole tree that this part has visited */
    uint64_t tree;   /* of a shared search: see explore_result */
    size_t bytes;    /* of the engine's own memory */
};

/* A part of a search, cut off: what comes after the one point, up to the other (of no keys: the end). */
struct explore_given {
    const uint64_t *after;
    size_t after_count;
    const uint64_t *until;
    size_t until_count;
    double size; /* share of the tree */
};

struct explore_callbacks {
    void *self;
    /* Each complete execution. Nonzero ends the search. May be NULL. */
    int (*on_execution)(void *self, const struct explore_view *view);
    /* Each failure, with the graph that shows it. Nonzero ends the search. May be NULL: ends it. */
    int (*on_failure)(void *self, const struct explore_failure *failure,
                      const struct explore_view *view);
    /* What was shown so far is void: an object turned out to be accessed in several sizes, or memory
       to change unseen, and the search begins once more. May be NULL. */
    void (*on_begin_anew)(void *self);
    /* Asked about every thousand steps. Nonzero ends the search. May be NULL. */
    int (*should_stop)(void *self, const struct explore_progress *progress);
    /* May be NULL. Not 0: should_stop is asked at the next step. For signal handlers. */
    const volatile sig_atomic_t *hurry;
    /* May be NULL. How often in all a part that is shared is to give away what it would come to last; it
       does when it has something. For signal handlers. */
    const volatile sig_atomic_t *hand_over;
    /* What was given away. Must be there with hand_over. */
    void (*on_given)(void *self, const struct explore_given *given);
    /* Sampling: an execution that on_execution was shown need not be shown again. Samples that
       come to it are counted and mostly cost nothing. */
    uint8_t once_is_enough;
};

/* Atomic objects that are known to be accessed in several sizes: graph/widths.h. */
struct explore_width {
    uintptr_t address;
    uint32_t size;
};
struct explore_widths {
    struct explore_width *width; /* to be freed by the caller */
    size_t count, capacity;
};

/* Bytes from `begin` to before `end`. */
struct explore_range {
    uintptr_t begin, end;
};

/* Samples by runs of which nothing but the choices is kept, csrc/explore/lean/. */
enum explore_lean {
    EXPLORE_LEAN_AUTO, /* once it is seen that nearly every run is new */
    EXPLORE_LEAN_NEVER,
    EXPLORE_LEAN_ALWAYS,  /* from the first run on; where they can be made */
    EXPLORE_LEAN_AUDITED, /* the same, and each is compared with its graph (for tests) */
};

/* Zero-initialised options are those of an exhaustive rc11 search, apart from `model`. */
/* For the oracle: in whatever program (execution/untold.h). */
#ifdef EXPLORE_UNTOLD
enum { EXPLORE_UNTOLD_EVERYWHERE = 1 };
#else
enum { EXPLORE_UNTOLD_EVERYWHERE = 0 };
#endif

struct explore_options {
    enum explore_model model;
    enum explore_search search;
    uint64_t seed;
    uint64_t
        max_executions;    /* 0: no limit; complete and blocked ones count, samples too */
    uint32_t max_events;   /* of one thread in one execution; 0: 20,000 */
    uint32_t bound;        /* rounds of any loop that are followed; 0: all */
    uint32_t depth;        /* PCT: 0 means 3 */
    uint8_t races_allowed; /* plain accesses become relaxed atomic ones */
    uint8_t volatile_relaxed; /* those through volatile do, and no others */
    uint8_t plain_relaxed; /* those that the program itself marks (ACTION_RELAXED) do */
    uint8_t weak_failures; /* a weak CAS may fail for no reason */
    uint8_t symmetry; /* exhaustive: of executions that differ in which of two identical
                         threads did what, one; threads are identical that the same thread
                         created one after the other with the same routine and argument */
    uint8_t lean;     /* enum explore_lean */
    uint8_t no_memo;  /* always run the program, remember nothing (for tests) */
    uintptr_t stacks_begin, stacks_end,
        stack_bytes;                         /* of threads by number; may be empty */
    uintptr_t tls_begin, tls_end, tls_bytes; /* their thread-local storage */
    /* What threads do on their own stacks, in such blocks and in these ranges (ascending, apart) is no
       step while nobody else is there: execution/untold.h. */
    uint8_t untold;
    const struct explore_range *ranges;
    size_t range_count;
    uint8_t leaks_allowed; /* blocks may be left when the program ends */
    uintptr_t heap_begin,
        heap_end; /* where the program's allocations lie; equal: not judged */
    uintptr_t own_begin,
        own_end;          /* symmetry: addresses that tell threads apart (stacks, heap) */
    size_t memory_cap;    /* bytes of remembered behaviour; 0: 40 MB */
    const char *schedule; /* EXPLORE_REPLAY */
    const char *widths_text;       /* known from elsewhere; NULL: none are */
    struct explore_widths *widths; /* kept from search to search; NULL: they are not */
    const unsigned char *choices;  /* EXPLORE_CHOICES */
    size_t choices_length;
    uint8_t shared; /* exhaustive: parts of it are given away, or it is one */
    /* Where a part begins and ends: keys in hexadecimal with points between them. NULL or empty: where
       the whole does. */
    const char *after, *until;
    struct explore_callbacks callbacks;
};

/* A thread came to max_events, but ran on alone and did come to an end or to where it waits: the search
   stopped there. */
struct explore_long_loop {
    uint32_t thread;
    uint32_t site;     /* of what it did next */
    uint32_t followed; /* its steps by then; 0: there was no such thread */
    uint64_t further;  /* steps that it made alone */
    const char *then;  /* what it came to: a word for people */
};

struct explore_result {
    uint64_t executions; /* complete and consistent */
    uint64_t samples;    /* runs of a sampling search, whatever they came to */
    uint64_t
        remembered; /* samples that made the choices of earlier ones all over again */
    uint64_t lean;  /* samples that were made without a graph ... */
    uint64_t lean_doubts;  /* ... and seemed to show what their graph did not */
    const char *lean_left; /* why no more are made so; NULL: they are, or never were */
    uint64_t blocked;      /* cut: a thread could never go on */
    uint64_t cut;          /* not followed to their end: `bound` */
    uint64_t failures;
    uint64_t
        refused; /* graphs that nothing but the model's order of seq_cst (tso: of all) forbids */
    uint64_t twins;    /* symmetry: threads found to have an elder twin; 0: none were */
    uint64_t steps;    /* events added in all */
    uint64_t runs;     /* times the program was really restarted */
    uint8_t exhausted; /* exhaustive: every execution was visited */
    uint8_t stopped;   /* by a callback or max_executions */
    uint8_t diverged;  /* replay: the schedule named a step that is not possible */
    uint32_t notes;    /* enum explore_note, ORed */
    size_t peak_bytes; /* of the engine's own memory */
    double estimate; /* exhaustive: of executions and blocked ones, those of this part */
    double shares;   /* exhaustive: of the tree that were visited; 1 if all were */
    uint8_t
        lost; /* shared: the part begins nowhere in this tree, or its tree has changed */
    uint32_t given; /* shared: how often a part was given away */
    uint64_t tree;  /* shared: of some executions; other trees have others. 0: unknown */
    struct explore_long_loop long_loop;
    struct explore_failure first; /* kind FAILURE_NONE if there is none */
};

/* 0, or -1 if memory ran out. The program is left in any state. */
int explore(const struct program *program, const struct explore_options *options,
            struct explore_result *result);

/* --- views ------------------------------------------------------------------------------- */

uint32_t explore_view_threads(const struct explore_view *view);
uint32_t explore_view_length(const struct explore_view *view, uint32_t thread);
/* What the thread would do next, NULL if it has ended or has not been asked. */
const struct action *explore_view_pending(const struct explore_view *view,
                                          uint32_t thread);
void explore_view_event(const struct explore_view *view, uint32_t thread, uint32_t index,
                        struct explore_event *event);
/* SPAWN: id of the thread it started. */
uint32_t explore_view_child(const struct explore_view *view, uint32_t thread,
                            uint32_t index);
int explore_view_happens_before(const struct explore_view *view, uint32_t thread_a,
                                uint32_t index_a, uint32_t thread_b, uint32_t index_b);

/*
 * A plain read or write that is no atomic access: what it moved and, of a read, the one write that
 * all its bytes come from. Without a race there is one, unless several pieces were written apart.
 */
struct explore_plain {
    uint32_t length;    /* of the access, in bytes */
    uint8_t has_value;  /* length is at most 16 and the bytes are known */
    uint8_t has_source; /* reads: rf is known */
    int32_t rf_thread;  /* -1: what was there before the program began */
    uint32_t rf_index;
    uint64_t value[2];
};
void explore_view_plain(const struct explore_view *view, uint32_t thread, uint32_t index,
                        struct explore_plain *plain);

/* Modification order of location 0 .. locations - 1, without the initial value. */
uint32_t explore_view_locations(const struct explore_view *view);
uintptr_t explore_view_location(const struct explore_view *view, uint32_t location,
                                uint32_t *size, uint32_t *writes);
void explore_view_write(const struct explore_view *view, uint32_t location,
                        uint32_t position, uint32_t *thread,
                        uint32_t *index); /* position 1 .. writes */

/* 64 bits that are equal for equal graphs (po, rf, mo, values) and, but for chance, only then. */
uint64_t explore_view_hash(const struct explore_view *view);

/*
 * The events that a failure depends on (NULL: all of them), in an order with as few switches
 * between threads as po, rf and, where the execution has such an order at all, mo and fr allow.
 * Of a deadlock, a livelock or a leak every event is part: nobody did what was missing.
 */
struct explore_step {
    uint32_t thread, index;
};
struct explore_trace {
    size_t count;      /* steps; at most `room` of them are filled in */
    uint32_t switches; /* between threads */
    uint32_t
        at_least; /* no order of these steps has fewer: equal unless the search was cut */
};
struct explore_trace explore_view_trace(const struct explore_view *view,
                                        const struct explore_failure *failure,
                                        struct explore_step *steps, size_t room);

/* The schedule text of the graph, as snprintf: returns its length, writes at most `room` bytes. */
size_t explore_schedule(const struct explore_view *view, char *text, size_t room);

#endif
