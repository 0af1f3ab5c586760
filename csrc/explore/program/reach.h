/* SPDX-License-Identifier: MIT */
/*
 * reach: which blocks of the heap can the program still reach, now that it has ended?
 *
 * Why       A cache that a global points to is no leak: nobody has lost it. A leak is a block that
 *           nothing points to any more, directly or through other blocks.
 * Roots     The program's globals; of the main thread its thread-local variables and keys; of a
 *           thread that exit() stopped, or that called it, its stack and registers as well. What
 *           a thread that came to its end kept on its stack is gone.
 * Pointer   An aligned word that lies in a block, at its start or inside it (so tags in low bits do
 *           not hide it). What looks like a pointer counts as one: nothing is called a leak that is
 *           none, but a number that happens to look like an address can hide a leak.
 */
#ifndef EXPLORE_REACH_H
#define EXPLORE_REACH_H

#include "program/state.h"

/* The first of these blocks (addresses where they start) that cannot be reached; `count` if all can. */
size_t reach_first_lost(struct runtime *runtime, const uintptr_t *blocks, size_t count);

#endif
