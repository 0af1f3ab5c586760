/* SPDX-License-Identifier: MIT */
/*
 * own_clock: the time as one thread sees it.
 *
 * Why       Time must not be a source of chance. Each thread has a clock of its own that starts at a
 *           fixed date and moves on when it is asked and when the thread sleeps.
 * Looks     Each look moves it further than the one before, so that a loop that polls the clock for
 *           a deadline ends after a few rounds.
 * Still     A loop that asks the time and does not end by it (a wait with a limit, again and again)
 *           never stands where it stood: the time is another one. So where a thread comes back to a read
 *           and has looked since, the clock leaps by a year and stands still. Who waits for a deadline is
 *           past it. Who comes back to a state that differs by that leap at most (spin_leapt) goes
 *           round at any time: it waits as any other loop does. Who comes back to the very same state
 *           only later is put to the same test by another leap. Otherwise it counts how often it was
 *           late, or the like, and the clock goes on.
 * Inside    A wait inside such a round (a back-off that counts down a moment) never ends while the clock
 *           stands still. After some looks it moves on as at first, the same way in every round, and each
 *           round begins a leap after the one before did.
 * Not seen  A loop that would do something else in a certain span of time only.
 */
#ifndef EXPLORE_OWN_CLOCK_H
#define EXPLORE_OWN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "program/spin.h"

enum { OWN_CLOCK_PLACES = 8 };

/* A read that the thread has come to, and how often it had looked by then. */
struct clock_place {
    uint64_t what;
    uintptr_t stack_pointer;
    uint32_t looks;
    uint32_t
        patience; /* arrivals, before it is tried again whether the loop ends by the time */
};

struct own_clock {
    uint64_t now_ns, look_ns,
        looked_ns; /* by how much the last look moved it; what it showed */
    uint32_t looks;
    uint32_t leaps;
    uint32_t next_place;
    struct clock_place place[OWN_CLOCK_PLACES];
    bool is_still, is_to_leap, is_proven, is_tested_again;
    bool is_inside;    /* has moved on within the round, for a wait that is in there */
    uint64_t still_ns; /* the time after the last leap */
    uint32_t
        kept; /* 1 + the arrival that the state after another leap is compared with */
    uint64_t what; /* where it was made to stand still */
    uintptr_t stack_pointer;
    uint32_t rounds, still_looks;         /* since then; since it was last there */
    uint64_t elsewhere[OWN_CLOCK_PLACES]; /* other reads since it was last there, */
    uint32_t elsewhere_count;             /* the newest of so many */
};

uint64_t own_clock_look(struct own_clock *clock);
void own_clock_sleep(struct own_clock *clock, uint64_t nanoseconds);

/* The thread has arrived at a read, as its spin knows. `back`: 1 + the arrival at which all was as it is
   now, 0: there is none. The same for one at which all but the time was so, whatever the time is. */
uint32_t own_clock_arrive(struct own_clock *clock, const struct spin *spin,
                          uint32_t back);

#endif
