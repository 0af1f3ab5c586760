/* SPDX-License-Identifier: MIT */
/*
 * deadline: the time a search has, kept by a timer of the engine.
 *
 * Why       The search asks for the time between steps. A step may be long: the program's own work, a
 *           check of consistency, a report. A caller who gave a budget waits for none of them.
 * How       When the budget is over, or a signal asks for an end, the program's work is cut off and
 *           the search stops at its next step. Then there is a moment to estimate what is left, and
 *           one to see what the program printed. Who is still busy after that is stopped: what was
 *           found until then is written, and the process ends.
 */
#ifndef EXPLORE_DEADLINE_H
#define EXPLORE_DEADLINE_H

#include <signal.h>
#include <stdbool.h>

/* `hurry` is set when the time is over; `give_up` says what is known and ends the process. */
void deadline_begin(double budget_s, volatile sig_atomic_t *hurry, void (*give_up)(void));

/* The search has stopped or ended, and something else follows that may take a moment. */
void deadline_next(void);

/* There is no deadline any more. */
void deadline_end(void);

/* While a line is written nobody gives up. */
void deadline_writes(bool is_writing);

bool deadline_was_interrupted(void);

/* Dies when the process that started this one does. `parent`: its id, 0: not known. */
void deadline_of_parent(int parent);

#endif
