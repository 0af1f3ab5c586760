/* SPDX-License-Identifier: MIT */
/*
 * widths: which atomic objects are known to be accessed in parts, and how wide they are.
 *
 * Why       An access to a part may come before anything wider was met. What was done until then took the
 *           part for an object of its own, so the search begins anew with the width that it found. The
 *           caller keeps the widths: other searches, replays and the parts of --jobs need the same ones.
 * Shared    With races allowed a stack's bytes are known here as well, once another thread has come to them:
 *           until then what their own thread does there is nobody's business.
 * Told      What is told of the places of execution/untold.h is written as if it were WIDTHS_TOLD bytes wide.
 * Form      In text one word each, "@ADDRESS+SIZE", the address in hexadecimal; separated by blanks.
 */
#ifndef EXPLORE_WIDTHS_H
#define EXPLORE_WIDTHS_H

#include "graph/event.h"

enum { WIDTHS_TOLD = 32 }; /* wider than any object */

/* The widest object that is known of these bytes. */
struct explore_width widths_find(const struct graph *graph, uintptr_t address,
                                 uint32_t size);

/* Something smaller has been taken for an object there: sets graph->outgrown. */
void widths_widen(struct graph *graph, struct explore_width width);

/* Is anything known of these bytes? */
int widths_know(const struct explore_widths *widths, uintptr_t address, size_t length);

/* Makes the bytes known: sets graph->outgrown if they were not. */
void widths_share(struct graph *graph, struct explore_width width);

/* The same store keeps which places of execution/untold.h are told; 0: all. */
void widths_tell(jmp_buf *panic, struct explore_widths *widths, uintptr_t place);
int widths_tells(const struct explore_widths *widths, uintptr_t place);

/* Adds the words at the beginning of the text; returns what follows them. */
const char *widths_read(jmp_buf *panic, struct explore_widths *widths, const char *text);

#endif
