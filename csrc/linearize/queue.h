/* SPDX-License-Identifier: MIT */
/*
 * queue: decides a history of a queue without searching, where every value was put once.
 *
 * Why       A search may have to try every order of the puts before it sees that a take far away
 *           cannot be explained. With distinct values a complete history fits a queue if and only if
 *           it shows none of four patterns, which sorting finds.
 * Source    Henzinger, Sezgin, Vafeiadis, Aspect-Oriented Linearizability Proofs, CONCUR 2013,
 *           theorem 1: a value from nowhere, a value twice, two values overtaking, a wrong "empty".
 */
#ifndef LINEARIZE_QUEUE_H
#define LINEARIZE_QUEUE_H

#include "heald/linearize.h"

enum queue_answer { QUEUE_FITS, QUEUE_DOES_NOT, QUEUE_UNKNOWN };

/*
 * QUEUE_UNKNOWN where a value was put twice, a call is pending or memory is short. QUEUE_DOES_NOT:
 * *culprit is a take that cannot be explained.
 */
enum queue_answer queue_decide(const struct linear_call *calls, uint32_t count,
                               uint32_t *culprit);

#endif
