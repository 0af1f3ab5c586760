/* SPDX-License-Identifier: MIT */
/*
 * late_write: a write whose store comes after the read that it copies.
 *
 * Why       For `a = b` of a structure gcc announces the write of a, then the read of b, then does both.
 *           A write that is asked when it is announced would seem to leave what was there before. So
 *           at such a place (store_ahead.h) it is asked behind the read, before the thread's next action.
 * Rule      By then the bytes are stored. They are taken back until the search has let the write
 *           happen, so that memory never holds what has not happened yet.
 */
#ifndef EXPLORE_LATE_WRITE_H
#define EXPLORE_LATE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action.h"

/* Is the write that the current thread announces a late one? Then it is put off. */
bool late_write_put_off(const void *address, size_t length, unsigned flags,
                        uint32_t site);

/* Around a plain read: if the write waits for it, it goes on waiting. */
bool late_write_hold(const void *address, size_t length);
void late_write_let_go(void);

/*
 * An access that no hook of the compiler announced, a vector, a block, or a local variable where nothing is
 * optimised. With races allowed others may come between the words of one that has several. A read may stand
 * between the announcement of a write and its store, as in `*p = i`: the write waits for it, too.
 */
void late_write_block(enum action_kind kind, void *memory, size_t bytes, uint32_t site);

#endif
