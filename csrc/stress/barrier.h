/* SPDX-License-Identifier: MIT */
/*
 * barrier: where the threads of a crew meet, twice a stride.
 *
 * Why       What is measured starts when they leave together, so they spin. With more
 *           threads than processors, or on a busy machine, spinning would only keep the
 *           late one from running, so after a while they yield, then sleep.
 * Source    The sense-reversing barrier of Hensgen, Finkel, Manber (IJPP 17, 1988), with a
 *           counter in place of the sense.
 * Orders    ARRIVE (acq_rel) collects what every thread did before; LEAVE (release) by the
 *           last pairs with SEE (acquire) of the others.
 */
#ifndef STRESS_BARRIER_H
#define STRESS_BARRIER_H

#include "stamp.h"

#include <stdatomic.h>
#include <stdint.h>

struct barrier {
    _Alignas(128) _Atomic uint32_t arrived;
    _Alignas(128) _Atomic uint32_t generation;
    uint64_t start; /* written by the last to arrive, with the generation */
    _Alignas(128) uint32_t threads;
    uint32_t spins; /* pauses before the first yield */
};

void barrier_init(struct barrier *barrier, uint32_t threads, uint32_t spins);
void barrier_wait(struct barrier *barrier);

/*
 * The same, and leave together: a thread sees that the others have come some hundred
 * nanoseconds late, which is many samples. So the last one sets a time a little ahead, and
 * all leave at that time, each `delay` ticks later. Only good with the time stamp counter;
 * with the other clock it is barrier_wait and about `delay` pauses.
 */
void barrier_start(struct barrier *barrier, enum stamp_clock clock, uint32_t delay);

#endif
