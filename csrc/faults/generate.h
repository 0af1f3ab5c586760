/* SPDX-License-Identifier: MIT */
/*
 * generate: draws scripted cases from a seed, for bulk runs.
 *
 * Why       Hypothesis draws some thousand cases a second and shrinks them; a million cases
 *           need a generator that costs less than the case. Same cases, same seed, everywhere.
 * Sizes     small and odd on purpose, near the borders: 0, 1, a page and its neighbours, the
 *           end of the source and past it. Stream sinks stay within what a pipe of 16 slots
 *           takes, as nobody reads meanwhile.
 */
#ifndef HEALD_FAULTS_GENERATE_H
#define HEALD_FAULTS_GENERATE_H

#include <heald/faults.h>

void generate_case(const struct fault_plan *plan, uint64_t seed, struct fault_case *made);

#endif
