/* SPDX-License-Identifier: MIT */
/*
 * sample: one run after another, each choice made by a policy; replay is a run, too.
 *
 * Why       Programs too big to exhaust. Runs are made of the same graphs as the search's, on remembered
 *           behaviour, so sampling sees every weak behaviour and mostly runs no code either.
 *           What comes before the first choice is kept for all runs.
 * Walks     A run first walks along the junctions that earlier runs have been to (junctions.h). Where
 *           that leads off the map the policy is put back to where it began, and the run is
 *           made: it draws the very same choices and goes on from there.
 */
#ifndef EXPLORE_SAMPLE_H
#define EXPLORE_SAMPLE_H

#include "execution/explorer.h"

void sample_executions(struct explorer *explorer);
/* Whatever became of it; also if it never began. */
void sample_end(struct explorer *explorer);

#endif
