/* SPDX-License-Identifier: MIT */
/*
 * lean: random runs of a program, of which nothing is kept but the choices.
 *
 * Why       Where nearly every run is new, a graph that can be taken back, remembered behaviour and
 *           hashes are paid for and never used. Here a step costs what the memory model needs: of
 *           each location its stores in modification order, of each thread what it knows.
 * Exact     What is run is an execution of the model, and without seq_cst there is none that cannot be.
 *           Accesses and fences that are seq_cst stand in the order in which they are executed: that
 *           leaves some out, and others come less often.
 * Suspects  Nothing is reported from here. A run that shows something is told by its choices, and made
 *           again as a graph: that decides, and has the words for it (sampling/lean_runs.h).
 * Memory    All rooms are of a fixed size, taken once; a run that does not fit is given up.
 */
#ifndef EXPLORE_LEAN_H
#define EXPLORE_LEAN_H

#include <heald/explore.h>
#include <heald/random.h>

#include "action.h"

enum lean_end {
    LEAN_COMPLETE,
    LEAN_BLOCKED, /* an assumption failed */
    LEAN_SUSPECT, /* a graph is to decide what it is */
    LEAN_LONG,    /* too many steps */
    LEAN_BEYOND,  /* did something that is not modelled here: `beyond` says what */
    LEAN_CUT,     /* the time is over */
};

struct lean_step {
    uint8_t thread;
    uint8_t fails_weakly;
    uint16_t way;
    uint32_t value; /* that was read, as far as there is room: to be compared */
};

struct lean_options {
    const struct explore_options *asked;
    uint32_t most_steps; /* of a run */
    uint8_t no_seq_cst;  /* such steps are beyond, where there is more than one thread */
    /* The number of a thread's nth child. */
    void *self;
    uint32_t (*child)(void *self, uint32_t parent, uint32_t nth);
};

struct lean;

/* NULL: there is no memory, or the program cannot be run so. */
struct lean *lean_run_open(const struct program *program,
                           const struct lean_options *options, struct random random);
void lean_run_close(struct lean *lean);

enum lean_end lean_run(struct lean *lean);
/* Of the last run: what it chose, step by step, and what was beyond. */
const struct lean_step *lean_run_steps(const struct lean *lean, size_t *count);
const char *lean_run_beyond(const struct lean *lean);

#endif
