/* SPDX-License-Identifier: MIT */
/*
 * lean_state: all that a lean run knows, in one struct.
 *
 * Why       Nothing is allocated or cleared for a run but what the last one touched: what lies in a
 *           room is of this run if its number says so.
 */
#ifndef EXPLORE_LEAN_STATE_H
#define EXPLORE_LEAN_STATE_H

#include "lean/lean.h"
#include "lean/lean_clock.h"

enum {
    LEAN_CELL_BITS = 13,
    LEAN_CELLS = 1 << LEAN_CELL_BITS,
    LEAN_MOST_CELLS = LEAN_CELLS / 2,
    LEAN_PLACES = 4096,
    LEAN_STORES = 1 << 15,
    LEAN_USES = 1 << 15,
    LEAN_BLOCKS = 4096,
    LEAN_STEPS = 1 << 16,
    LEAN_WAYS = 512,
    LEAN_SC_FENCES = 2048,
    LEAN_CHILDREN = 16
};

/* A store in the modification order of its place. */
struct lean_store {
    struct lean_clock message; /* what who reads it synchronises with */
    struct lean_clock seen;    /* the first event of each thread that read or wrote it */
    struct lean_store *older, *newer;
    uint64_t value[2];
    uint16_t sc; /* seq_cst: 1 + so many fences were before it; else 0 */
    int16_t index;
    uint8_t thread;
    uint8_t is_update; /* it reads `older`: nothing comes between the two */
    uint8_t is_fresh;  /* bytes of a new block that nobody wrote */
};

/* An atomic object. One of 16 bytes stands in two cells: in the upper one for `whole`. */
struct lean_place {
    uintptr_t address;
    struct lean_place *next; /* in the same cell */
    struct lean_place *whole;
    struct lean_store *last;
    struct lean_store base;          /* what was there before */
    struct lean_clock read, written; /* the last event of each thread */
    uint8_t size, is_hidden;
    uint8_t mask;    /* of the cell's bytes */
    uint8_t is_over; /* written over by a plain access */
};

/* A plain access to some bytes of a cell, the last one of its kind. */
struct lean_use {
    struct lean_use *next;
    int16_t index;
    uint8_t thread, mask, writes;
};

struct lean_block {
    uintptr_t address;
    size_t length;
    uint32_t born; /* the how-manieth allocation */
    uint8_t is_live, was_freed;
    struct lean_clock used, freed; /* the last event of each thread */
};

/* Eight bytes. */
struct lean_cell {
    uintptr_t granule;
    uint32_t run;  /* that it is of */
    uint32_t born; /* of its block, when it was last used */
    struct lean_use *uses;
    struct lean_place *places;
    struct lean_block *block;
    uint8_t written; /* bytes that somebody wrote */
};

enum lean_standing {
    LEAN_ABSENT, /* not there yet, or over */
    LEAN_CHOICE, /* its action is for the policy to choose */
    LEAN_JOINS,  /* waits for a thread to end */
};

struct lean_thread {
    struct lean_clock hb;      /* with its own events so far */
    struct lean_clock pending; /* what an acquire fence would join */
    struct lean_clock fence;   /* as of its last release fence */
    struct lean_clock end;     /* over: what who joins it learns */
    uint64_t result;
    uint32_t spawned;
    uint8_t standing, has_fence, has_ended, was_joined;
};

struct lean_policy {
    struct random random;
    uint32_t restless, switches, running; /* mixed */
    uint32_t priority[LEAN_THREADS];      /* pct, pos */
    uint32_t *change;
    uint32_t depth, steps, longest;
    uint8_t last_kind;
};

struct lean {
    const struct program *program;
    struct lean_options options;
    struct answers answers;
    enum explore_model model;
    enum lean_end end;
    const char *beyond;
    uint32_t run; /* its number */
    uint32_t births;
    uint64_t settling; /* threads that go on before anybody is chosen */
    uint32_t threads;  /* highest id, plus 1 */
    uint32_t open;     /* that are there and not over */
    uint8_t exited, is_over;
    uint32_t sc_fences;
    size_t step_count, cell_count, place_count, store_count, use_count, block_count;
    struct lean_policy policy;
    struct action action[LEAN_THREADS];
    struct reply reply[LEAN_THREADS];
    struct lean_thread thread[LEAN_THREADS];
    int32_t child[LEAN_THREADS][LEAN_CHILDREN]; /* -1: not asked yet */
    uint32_t way_count;
    uint16_t way[LEAN_WAYS];
    struct lean_store *way_store[LEAN_WAYS];
    struct lean_block *blocks[LEAN_BLOCKS]; /* by address */
    uintptr_t left[LEAN_BLOCKS];
    struct lean_clock until_fence[LEAN_SC_FENCES]; /* what it and those before it knew */
    struct lean_cell cells[LEAN_CELLS];
    struct lean_place place_room[LEAN_PLACES];
    struct lean_store store_room[LEAN_STORES];
    struct lean_use use_room[LEAN_USES];
    struct lean_block block_room[LEAN_BLOCKS];
    struct lean_step steps[LEAN_STEPS];
};

/* The run ends here: a graph is to say what it is. */
static inline bool lean_suspects(struct lean *lean) {
    lean->end = LEAN_SUSPECT;
    lean->is_over = 1;
    return false;
}

/* The run ends here: it did what is not modelled. */
static inline bool lean_is_beyond(struct lean *lean, const char *what) {
    lean->end = LEAN_BEYOND;
    lean->beyond = what;
    lean->is_over = 1;
    return false;
}

#endif
