/* SPDX-License-Identifier: MIT */
/*
 * limits: when an exploration ends although more is left.
 *
 * Why       The caller's question is asked about every thousand steps: often enough for a time limit,
 *           seldom enough to cost nothing. Where a signal says that the time is over, at once.
 */
#ifndef EXPLORE_LIMITS_H
#define EXPLORE_LIMITS_H

#include <signal.h>

#include "execution/explorer.h"

/* The same as limits_reached, once it is time to ask. */
int limits_asked(struct explorer *explorer);

/* Does the caller want no more? Asked at every step; asks the caller now and then. */
static inline int limits_reached(struct explorer *explorer) {
    const volatile sig_atomic_t *hurry = explorer->options->callbacks.hurry;
    if (explorer->result->steps < explorer->ask_at && !(hurry && *hurry))
        return explorer->stop;
    return limits_asked(explorer);
}
/* A step over many bytes is as long as many steps: the next question comes earlier. */
void limits_worked(struct explorer *explorer, uint32_t cells);

#endif
