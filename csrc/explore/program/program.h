/* SPDX-License-Identifier: MIT */
/*
 * program: the program under test, restartable and steppable: the other side of action.h.
 *
 * How       Each thread is a fiber. A step switches to it with the reply to its last action, and comes
 *           back when the thread has filled its next one.
 */
#ifndef EXPLORE_PROGRAM_H
#define EXPLORE_PROGRAM_H

#include "program/state.h"

/* Loads the program, binds it to what serves it, finds its main. False: `problem` says why. */
bool program_open(struct runtime *runtime, const char *path, runtime_served *served,
                  char *problem, size_t bytes);

/* The search's view. */
struct program program_of(struct runtime *runtime);

#endif
