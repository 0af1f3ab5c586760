/* SPDX-License-Identifier: MIT */
/*
 * cas: one word that is changed by compare-exchange.
 *
 * Why       The one step under every lock-free structure, in the four forms in which
 *           books teach it: strong, weak, with `expected` used after a failure, and tried
 *           only once.
 * Files     cas_exchange.c (strong or weak), cas_update.c, cas_try_increment.c; each has
 *           `read` and some of the rest.
 * Together  Every operation may run with every other one; is_valid when no call is in
 *           progress.
 * Progress  read, try_increment and the strong exchange are wait-free, the loops
 *           lock-free.
 * Always    The value is never negative if arguments are not.
 */
#ifndef CAS_H
#define CAS_H

#include <stdbool.h>

struct cas;

void cas_init(struct cas *cas);
int cas_read(struct cas *cas);

/* Replaces `expected` by `desired`; `*seen` is the value that was there, equal or not. */
bool cas_exchange(struct cas *cas, int expected, int desired, int *seen);

/* Adds one and returns the new value. */
int cas_increment(struct cas *cas);

/* Adds one, or returns false and does nothing if another thread came between. */
bool cas_try_increment(struct cas *cas);

bool cas_is_valid(struct cas *cas);

#endif
