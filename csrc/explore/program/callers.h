/* SPDX-License-Identifier: MIT */
/*
 * callers: by whom the function was called that asks for an action, and by whom that one.
 *
 * Why       Programs take their locks in a function of their own: its line is the same for every
 *           lock. The line that its author looks for is the one that calls it.
 * How       The unwinder of the C compiler walks the thread's own stack, by the tables that are in
 *           the program for exceptions. Each list of places gets a number, the same whenever it
 *           comes again.
 * Cost      Microseconds an action; so it is done where one execution is followed to be shown, and
 *           for so many of its actions.
 * Rule      Says nothing rather than something wrong: nothing where the first place that it finds is
 *           not the one that asks, or where the stack has no room for the walk.
 */
#ifndef EXPLORE_CALLERS_H
#define EXPLORE_CALLERS_H

#include <stddef.h>
#include <stdint.h>

#include "program/fiber.h"
#include "program/image.h"

enum { CALLERS_DEPTH = 8 };

struct callers;

/* An execution is followed from now on. NULL: the first one; what comes back lives as long as the process. */
struct callers *callers_begin(struct callers *callers, const struct image *image);

/* In a call of the program's, on the thread's own stack; 0: not known, or nobody. */
uint32_t callers_note(struct callers *callers, const struct fiber *fiber, uint32_t site);

/* The places of a number, the innermost first; returns how many. */
size_t callers_of(const struct callers *callers, uint32_t number, const uint32_t **sites);

#endif
