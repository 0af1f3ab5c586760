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

/* What of a thread's history, in the real run, orders what it does untold: untold.h. */
struct untold_thread {
    uint64_t joined;   /* whom it has joined: a bit each */
    uint32_t blocks;   /* of the library's own, that it has taken */
    uint32_t in_a_row; /* untold steps since the last one that was told */
    uint64_t
        digest; /* of what it has written untold where others may read it, and of theirs */
    uintptr_t written; /* where its last untold write goes, which is not there yet ... */
    size_t length;     /* ... and how many bytes; 0: it is */
    uint16_t spawned;  /* threads it has made */
    uint8_t has_read; /* something that an acquire fence would make it synchronise with */
};

struct untold_touch {
    struct untold_touch *next;
    uint64_t joined;
    uint16_t spawned;
    uint8_t thread, writes;
};

/* Eight bytes, and the how-manieth block of which thread they were in; 0: in none. */
struct untold_place {
    struct untold_place *next;
    uintptr_t granule;
    uint64_t life;
    struct untold_touch *touches;
};

struct untold_block {
    uintptr_t start;
    size_t length;
    uint64_t life;
    uint8_t is_free;
};

enum { UNTOLD_BITS = 12 };

struct untold {
    struct untold_block *blocks; /* of the real run */
    size_t block_count, block_capacity;
    struct arena arena; /* of places and touches, which are those of the whole search */
    struct untold_place *places[1 << UNTOLD_BITS];
    uint64_t private; /* threads whose own stacks and storage are untold */
    uint8_t is_open;  /* anything is untold */
};

struct live_thread {
    struct action shown; /* what the real thread does next */
    struct untold_thread untold;
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
struct parts;

struct explorer {
    struct explore_widths *widths; /* of the caller's, or our own */
    const struct program *program;
    const struct explore_options *options;
    struct explore_result *result;
    struct graph graph;
    struct memory memory;
    struct behaviour behaviour;
    struct live live;
    struct untold untold;
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
    uint32_t first;     /* 1 + the thread that was the first to go on; 0: ask all */
    uint8_t follows;    /* a part: on the way to where it begins */
    struct parts *parts; /* of a search that is shared: search/parts.h */
    uint64_t trail;      /* hash of the revisits that we are in since the visit began */
    double weight, done; /* share of the tree below here; share visited */
    double left;         /* of this visit's share; what has been given, and skipped */
    double given, skipped;
    double aim;                           /* a probe goes only where this share is */
    double leaves;                        /* sum of 1 / share over the probes' leaves */
    double estimate;                      /* of all executions; 0: none yet */
    void (*when_long)(struct explorer *); /* makes an estimate; NULL: there is none */
    uint32_t effort;                      /* of probes: ways looked at */
    uint8_t probing;                      /* nothing is counted, shown or reported */
    uint8_t has_rounds;                   /* a thread went on after an ACTION_ROUND */
    uint8_t stacks_shared;                /* a thread used the stack of another one */
    jmp_buf panic;
};

struct explore_view {
    struct explorer *explorer;
};

void explorer_begin(struct explorer *explorer);
void explorer_end(struct explorer *explorer);
/* Of the engine's own memory. */
size_t explorer_bytes(const struct explorer *explorer);
/* The best there is, of all executions, blocked ones included; 0: none yet. Of a part that begins later
   those that it has visited. */
double explorer_estimate(const struct explorer *explorer);

#endif
