/* SPDX-License-Identifier: MIT */
/*
 * harness.h: what a program can ask of the explorer.
 *
 * Why       A driver often wants fewer executions (heald_assume), more of them (heald_choose), or a
 *           step that nobody sees in halves (heald_atomic_begin, heald_atomic_end).
 * Otherwise In a normal build all of it is nothing: assumptions hold, the first choice is taken, and
 *           atomic sections are not atomic.
 */
#ifndef HEALD_HARNESS_H
#define HEALD_HARNESS_H

#ifdef HEALD_EXPLORED

#ifdef __cplusplus
extern "C" {
#endif

/* The execution goes on only if `condition` is not 0. One that does not is no failure. */
void heald_assume(int condition);

/* A number below `count`, which is at least 1: every one is tried. */
unsigned heald_choose(unsigned count);

/* Nothing that another such section does comes between. They are ordered, as by a lock. */
void heald_atomic_begin(void);
void heald_atomic_end(void);

#ifdef __cplusplus
}
#endif

#else

static inline void heald_assume(int condition) { (void)condition; }
static inline unsigned heald_choose(unsigned count) { return count - count; }
static inline void heald_atomic_begin(void) {}
static inline void heald_atomic_end(void) {}

#endif
#endif
