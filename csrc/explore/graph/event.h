/* SPDX-License-Identifier: MIT */
/*
 * event: what an execution graph is made of: events, the threads and locations they belong to.
 *
 * Why       Everything in this room reads these structs, so they lie below all that links them,
 *           judges them or looks things up in them.
 */
#ifndef EXPLORE_EVENT_H
#define EXPLORE_EVENT_H

#include "action.h"
#include "graph/arena.h"
#include "graph/clock.h"
#include "heald/explore.h"

enum event_flag {
    EVENT_READS = 1,
    EVENT_WRITES = 2,
    EVENT_SC = 4, /* takes part in the order of SC events */
    EVENT_WAITING =
        8, /* a read that has not got what it waits for; its thread's last event */
    EVENT_SETTLED = 16, /* write: a read that was there before was revisited by it */
    EVENT_ODD = 32,     /* a choice other than the first was taken: never deleted */
    EVENT_ATOMIC = 64,
    EVENT_BASE = 128, /* stands in a location's mo for a plain write or an allocation */
};

struct node;
struct cell;
struct record;
struct block;
struct location;

struct event {
    struct node *node;         /* what the thread did; EVENT_BASE: see rf->node */
    struct node *after;        /* what it does next; NULL: not known */
    struct location *location; /* atomic accesses */
    struct event
        *rf; /* the write it reads; JOIN: the thread's FINISH; BASE: the plain write */
    struct event *readers; /* who reads this write, newest first; FINISH: its joins */
    struct event *next_reader;
    struct event *covers; /* the waiting event of the same index that it took over from */
    struct event *message_from;      /* reading it synchronises with this event ... */
    struct event *release_fence;     /* last one in the thread so far */
    const struct clock *message;     /* ... and with all in this clock */
    const struct clock *hb, *prefix; /* prefix: po and rf */
    const struct clock *stays;   /* what a revisit by it does not delete: prefix, twins */
    const struct clock *pending; /* what an acquire fence would synchronise with */
    struct record *records;      /* plain accesses */
    struct event
        *bases; /* plain writes: their entries in mo, linked by `covers`; they live
                            as long as the event, because reads point to them */
    struct node **root;  /* SPAWN: first action of the child */
    struct block *block; /* ALLOC, FREE */
    uint64_t read[2], written[2];
    int32_t index;
    uint32_t stamp;
    uint64_t visited; /* by which walk, or a number below all later ones */
    uint32_t mo;      /* position in the location, if it writes */
    uint32_t
        child; /* SPAWN: the thread; WAITING: only writes with later stamps can wake it */
    uint16_t thread;
    uint8_t
        kind; /* enum action_kind; plain accesses under races_allowed: LOAD or STORE */
    uint8_t flags;
    uint8_t order;      /* a failed CAS has its failure order */
    uint8_t succeeded;  /* BASE: it stands in mo */
    uint8_t twinned;    /* its elder twin did the same up to here; see symmetry.h */
    uint8_t live_value; /* the value is known (BASE: computed) */
};

struct location {
    uintptr_t address;
    uint32_t size;
    uint32_t number;
    uint8_t hidden;
    uint8_t initial_known;
    uint8_t mixed;          /* there are accesses to parts of it: byte_parts.h */
    uint8_t has_bases;      /* plain writes have stood in mo */
    struct location *next;  /* same bucket */
    struct event *executed; /* in the real run number `run`: execution/executed.h */
    uint64_t run;
    uint64_t read_by;     /* bit set of threads that ever did, in any execution */
    struct event initial; /* mo[0] */
    struct event **mo;
    size_t mo_count, mo_capacity;
    struct cell *cell[3]; /* NULL if hidden */
};

struct thread {
    uint32_t id;
    uint32_t spawns; /* children so far */
    struct event **events;
    size_t count, capacity;
    struct event *spawned_by; /* NULL: thread 0, or not there */
    struct event *finish;
    uint32_t elder, younger; /* 1 + its twins to both sides; 0: none */
    struct node **root;      /* first action; *root NULL if unknown */
};

/* See ahead.h; count 0: there is none. */
struct ahead {
    const struct node *node;
    uint64_t read[2];
    int32_t first,
        count; /* the first step that was tried; all that the run has gone through */
    uint32_t thread;
    uint8_t succeeded;
};

struct graph {
    enum explore_model model;
    uint8_t symmetric;            /* twins are interchangeable */
    uintptr_t own_begin, own_end; /* memory whose addresses tell threads apart */
    uint64_t twins;               /* bit set of threads that ever had an elder twin */
    uint64_t open;                /* bit set of threads that are there and not over */
    jmp_buf *panic;
    struct arena arena; /* events, clocks, records: a stack */
    struct thread *threads;
    size_t thread_count, thread_capacity;
    struct event **sequence;
    size_t count, capacity;
    struct event **made; /* all events that live in the arena, linked or not */
    size_t made_count, made_capacity;
    uint32_t stamp;      /* of the next event */
    uint32_t sc_count;   /* linked events with EVENT_SC */
    uint32_t weak_count; /* linked atomic accesses without it */
    uint64_t refused;    /* times that the model said no, see explore_result */
    uint64_t walk;       /* number of the last walk, for event.visited */
    struct location **locations, **buckets;
    size_t location_count, location_capacity, bucket_count;
    struct event *exited; /* events that end the process, linked by next_reader */
    struct memory *memory;
    size_t
        event_bytes; /* not a constant: a call of memset clears faster than inlined code */
    int32_t
        *executed; /* per thread: events that a real run has gone through; see live.h */
    uint8_t executed_stale; /* one of them has been unlinked */
    struct ahead ahead;
    uint8_t mixed;    /* one of the locations is */
    uint8_t outgrown; /* an access is wider than what was met before: widths.h */
    struct explore_widths *widths;
};

/* The thread's last event, NULL if it has none. */
static inline struct event *thread_last(const struct thread *thread) {
    return thread->count ? thread->events[thread->count - 1] : NULL;
}

/* Has the thread made its last step? */
static inline int thread_is_over(const struct thread *thread) {
    return thread->finish || (thread->count && thread_last(thread)->kind == ACTION_EXIT);
}

/* The last event that stays when the thread goes on: a waiting one is taken over. */
static inline const struct event *event_before(const struct thread *thread) {
    const struct event *last = thread_last(thread);
    if (last && (last->flags & EVENT_WAITING))
        return thread->count > 1 ? thread->events[thread->count - 2] : NULL;
    return last;
}

/* The same, or the event that the thread began with; NULL: the program did. */
static inline const struct event *event_begun_by(const struct thread *thread,
                                                 const struct event *before) {
    return before ? before : thread->spawned_by;
}

/* hb of what the thread does next. */
static inline const struct clock *thread_hb(const struct thread *thread) {
    const struct event *before = event_begun_by(thread, event_before(thread));
    return before ? before->hb : &clock_zero;
}

/* Is `event` among those that `clock` of an event of `thread` knows? */
static inline int clock_knows(const struct clock *clock, uint32_t thread,
                              const struct event *event) {
    return event->thread == thread || clock_at(clock, event->thread) > event->index;
}

/* Does a lie before b in hb, in po and rf? (a is not b) */
static inline int happens_before(const struct event *a, const struct event *b) {
    return a->thread == b->thread ? a->index < b->index
                                  : clock_at(b->hb, a->thread) > a->index;
}

static inline int in_prefix(const struct event *a, const struct event *b) {
    return a->thread == b->thread ? a->index <= b->index
                                  : clock_at(b->stays, a->thread) > a->index;
}

#endif
