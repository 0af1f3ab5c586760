/* SPDX-License-Identifier: MIT */
/*
 * lean_runs: samples that are made without a graph (lean/), where that pays and can be done.
 *
 * Why       A run on remembered junctions costs next to nothing, but only if others made its choices
 *           before. Where hardly any run did, the rest is made by real runs that keep nothing.
 * Told      A run that seems to show something is made again as a graph, step by step: what is reported
 *           is the graph's. What the graph does not show is no failure; where that happens often, or
 *           the program does what lean runs do not know, graphs make all further samples.
 * Not so    Models other than rc11 and sc, seq_cst under rc11, threads that wait in loops or use each
 *           other's stacks, races allowed, objects of several sizes, whoever wants to be shown every
 *           execution. The result names what it was.
 */
#ifndef EXPLORE_LEAN_RUNS_H
#define EXPLORE_LEAN_RUNS_H

#include "sampling/sampler.h"

enum lean_made {
    LEAN_NOT_MADE,
    LEAN_MADE,          /* and counted */
    LEAN_MADE_AND_TOLD, /* a graph is to say what it came to */
};

enum lean_made lean_runs_make(struct sampler *sampler);
/* The policy is to make the graph of the last run. */
void lean_runs_follow(struct sampler *sampler);
/* It has: did that show a failure? */
void lean_runs_followed(struct sampler *sampler, int has_failed);
/* A run with a graph of its own was made: how long is one? */
void lean_runs_compare(struct sampler *sampler);

#endif
