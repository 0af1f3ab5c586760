/* SPDX-License-Identifier: MIT */
/*
 * power: could this run see a race at all, here and now?
 *
 * Why       A silent pass on a machine that ran the threads one after the other is the
 *           worst answer there is. So each run first races on a counter that is known to
 *           lose updates, with the same threads, loops and placement as the subject.
 * How       The counter is incremented by an atomic load and an atomic store, both relaxed:
 *           no undefined behaviour, and the same two instructions as a plain `c++`.
 */
#ifndef STRESS_POWER_H
#define STRESS_POWER_H

#include "crew.h"

/*
 * Run until an update is lost, at most `most_ns`; what was seen goes to the recorder. False
 * where memory is short.
 */
bool power_check(struct crew *crew, struct stress_recorder *recorder,
                 const struct stress_settings *settings, uint64_t most_ns,
                 struct random *random);

#endif
