/* SPDX-License-Identifier: MIT */
/*
 * onward: all that are left go round in loops. Could any of them ever get anywhere?
 *
 * Why       Rounds that write may help each other on: where two add and take back, one may see what the
 *           other has added for a moment. Whether that is what it waits for, or they go round for good,
 *           does not show in the rounds that were gone.
 * How       From where all stand they go on in every order, each read with the latest value. A thread
 *           that comes back to where it was (ACTION_ROUND, ACTION_AWAIT) is where it was, so the states
 *           are few: what each is about to do, and the memory they have written to. If nobody in
 *           any of them ends, or does what no round can take back, nobody ever will.
 * Exact     Whoever does get somewhere does so in an execution that the search visits, because it noticed
 *           others' rounds; so nothing is concluded from that here but that these are not stuck.
 * Limits    Beyond STATES states nobody knows.
 */
#ifndef EXPLORE_ONWARD_H
#define EXPLORE_ONWARD_H

#include "execution/explorer.h"

enum onward { ONWARD_SOMEBODY, ONWARD_NOBODY, ONWARD_UNKNOWN };

/* The graph is as before afterwards. */
enum onward onward_from_here(struct explorer *explorer);

#endif
