/* SPDX-License-Identifier: MIT */
/*
 * store_ahead: does the program's code store to memory before it calls the next function?
 *
 * Why       A plain write is announced just before its store. Only where a structure is copied gcc
 *           announces the write, then the read, then does both: there is no store in between, and
 *           this is how such a place is told from all others (late_write.h).
 * Errors    Where the code cannot be read the answer is no: the write is then merely taken later.
 */
#ifndef EXPLORE_STORE_AHEAD_H
#define EXPLORE_STORE_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

/* `code`: where the program goes on after the call that announced the write. */
bool store_ahead(uintptr_t code);

#endif
