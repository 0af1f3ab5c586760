/* SPDX-License-Identifier: MIT */
/*
 * together: a second transfer of the same subject at the same time.
 *
 * Why       A server has many connections and one file. A transfer that seeks where it should
 *           read at a place, or keeps its buffer in a static variable, moves every byte rightly
 *           as long as it is alone.
 * Which     With an offset variable it reads from the very descriptor of the first, another
 *           part; otherwise from a source of its own. Its sink is of the same kind. The two
 *           take turns: turns.h.
 */
#ifndef HEALD_FAULTS_TOGETHER_H
#define HEALD_FAULTS_TOGETHER_H

#include "fixture.h"
#include "subject.h"

struct together;

/* Starts it, if the case asks for it: NULL if it does not, or if `failed` is set. It begins when
 * the first gives it the turn. */
struct together *together_start(const struct subject *subject,
                                const struct fixture *first,
                                const struct fault_case *the_case, int *failed);

/* The first has returned: waits for the other. */
void together_wait(struct together *other);

/* Judges it, and closes what is its own: the clauses that it broke. */
uint32_t together_end(struct together *other);

#endif
