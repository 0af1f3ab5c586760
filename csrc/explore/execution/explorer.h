/* SPDX-License-Identifier: MIT */
/*
 * explorer: all the state of one explore(), composed of the modules' own structs.
 *
 * Why       No globals: two explorations may run side by side, tests make as many as they like.
 */
#ifndef EXPLORE_EXPLORER_H
#define EXPLORE_EXPLORER_H

#include "graph/behaviour.h"
#include "graph/graph.h"
#include "graph/memory.h"

struct live_thread {
    struct action shown; /* what the real thread does next */
    uint8_t started;
};

/* The real run: which threads have been taken how far; counts are graph.executed. */
struct live {
    struct live_thread *threads;
    size_t capacity;
    uint8_t valid;
};

struct child {
    uint32_t parent, nth, id;
};

struct sampler;

struct explorer {
    const struct program *program;
    const struct explore_options *options;
    struct explore_result *result;
    struct graph graph;
    struct memory memory;
    struct behaviour behaviour;
    struct live live;
    struct arena scratch;   /* lists of choices; a stack like the graph's arena */
    struct child *children; /* ids of threads follow from parent and position */
    size_t child_count, child_capacity;
    uint32_t next_id;
    struct sampler *sampler; /* sampling and replay; NULL: exhaustive */
    uint32_t max_events;
    uint64_t ask_at; /* steps at which should_stop is asked again */
    uint8_t stop;
    uint8_t forgets;     /* nothing is remembered between executions */
    uint8_t begins_anew; /* found out before anything was counted: search once more */
    uint8_t abandoned;   /* this execution shows a failure: go back */
    uint32_t attention; /* 1 + a thread whose read was revisited: does it loop on that? */
    uint8_t owned;      /* below here everything is this part's */
    double weight, done; /* share of the tree below here; share visited */
    double aim;          /* a probe goes only where this share is */
    double leaves;       /* sum of 1 / share over the probes' leaves */
    double estimate;     /* of all executions; 0: none yet */
    void (*when_long)(struct explorer *); /* makes an estimate; NULL: there is none */
    uint32_t effort;                      /* of probes: ways looked at */
    uint8_t probing;                      /* nothing is counted, shown or reported */
    jmp_buf panic;
};

struct explore_view {
    struct explorer *explorer;
};

void explorer_begin(struct explorer *explorer);
void explorer_end(struct explorer *explorer);
/* Of the engine's own memory. */
size_t explorer_bytes(const struct explorer *explorer);
/* The best there is, of the executions of this part, blocked ones included; 0: none yet. */
double explorer_estimate(const struct explorer *explorer);

/* --- failure.c ---------------------------------------------------------------------------- */

void failure_report(struct explorer *explorer, enum explore_failure_kind kind,
                    const char *message, const struct event *event,
                    const struct event *partner, const struct event *origin);
/* A failure of what a thread is about to do. */
void failure_pending(struct explorer *explorer, enum explore_failure_kind kind,
                     const char *message, uint32_t thread, const struct node *node);

/* --- execution.c -------------------------------------------------------------------------- */

/* What the thread does next; NULL if it is not there, has ended or a failure was reported. */
struct node *thread_next(struct explorer *explorer, uint32_t thread);
/* Can this action be taken now? Not its value: only whether it must wait for another thread. */
int node_enabled(const struct explorer *explorer, const struct node *node);
/* A step that no other thread takes part in. */
int node_is_private(const struct node *node);
/* What the thread does after this reply and after private steps; NULL: not known. */
const struct node *node_after(const struct node *node, const uint64_t *value,
                              uint8_t succeeded);
/* Does the thread come back to this read if it gets the value? 1, 0; -1: not known. */
int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded);
int guard_holds(const struct node *node, const uint64_t *value);

/* A read, not linked, that has not got what it waits for: it writes nothing and sleeps. */
void event_waits(struct event *event);
struct event *make_read(struct explorer *explorer, uint32_t thread, struct node *node,
                        struct event *source);
/* A successful weak compare-exchange, not linked, fails for no reason instead. */
void event_fails_weakly(struct explorer *explorer, struct event *event);
struct event *make_write(struct explorer *explorer, uint32_t thread, struct node *node);
struct event *make_other(struct explorer *explorer, uint32_t thread, struct node *node);
/* Does a looping thread see the latest value in every read of its last `round` events? */
int round_is_fresh(struct explorer *explorer, const struct thread *thread,
                   uint64_t round);
/* Where the write part of a linked-to-be event goes, given its source. */
static inline uint32_t rmw_position(const struct event *event) {
    return event->rf->mo + 1;
}
/* It read, and what it wrote is what it read. */
int event_changes_nothing(const struct event *event);
/* Is the action something an event can be made of? If not (a failure), it is reported: 0. */
int event_may_be_made(struct explorer *explorer, uint32_t thread,
                      const struct node *node);
/* Reports races and misuse of memory by the event just linked; 0: the execution is over. */
int event_is_sound(struct explorer *explorer, struct event *event);
/* The same for a read that is linked anew. */
int event_stays_sound(struct explorer *explorer, const struct event *event);
void event_value_of(struct explorer *explorer, struct event *write, uint64_t value[2]);

/* --- ending.c -- */

/* The graph cannot grow: judge and count it. */
void execution_ended(struct explorer *explorer);

#endif
