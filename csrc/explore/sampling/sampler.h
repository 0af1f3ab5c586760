/* SPDX-License-Identifier: MIT */
/* sampler: the state of a sampling search. */
#ifndef EXPLORE_SAMPLER_H
#define EXPLORE_SAMPLER_H

#include "lean/lean.h"
#include "lean/lean_clock.h"
#include "sampling/junctions.h"
#include "sampling/policy.h"

/* What is known of a thread since its last step. */
enum standing {
    STANDING_UNKNOWN,
    STANDING_READY,  /* whatever the others do */
    STANDING_ABSENT, /* has ended, or has not begun */
    STANDING_ASK,    /* depends on the others */
};

struct stand {
    struct node *node;
    enum standing standing;
};

enum lean_use { LEAN_UNDECIDED, LEAN_USED, LEAN_UNUSED };

/* Runs without a graph: lean_runs.h. */
struct lean_samples {
    struct lean *lean;
    enum lean_use use;
    enum lean_end end;              /* of the last run */
    uint32_t skipped[LEAN_THREADS]; /* its steps that the base has taken */
    uint64_t long_ones, confirmed;
    /* Of runs with a graph: the longest one; all of them together, and how many they are. */
    uint64_t longest, graph_steps, graphs;
    uint64_t steps; /* of those without, together */
};

struct sampler {
    struct explorer *explorer;
    struct policy policy;
    struct ready *ready;
    struct stand *stand; /* per thread */
    struct stand *base;  /* the same before the first choice */
    size_t ready_capacity, stand_capacity, base_capacity;
    uint32_t *ways;
    size_t way_capacity;
    uint8_t at_first_choice; /* stop where the policy would be asked */
    uint8_t every_step;      /* replay: the policy names each step */
    uint8_t is_audited;      /* ... and threads go round where they could wait */
    uint8_t remembers;       /* junctions */
    struct lean_samples samples;
    struct junctions junctions;
    /* Where this run stands in them; NULL: nowhere, or off the map. */
    struct junction *here;
    struct fork *fork;
    struct branch *branch;
    uint64_t left_at;  /* steps when `here` was left */
    uint32_t made;     /* junctions made by this run */
    uint8_t lost;      /* this run goes on off the map */
    uint64_t urged;    /* the thread that goes another round now */
    uint32_t patience; /* so often more in this run */
};

#endif
