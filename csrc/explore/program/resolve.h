/* SPDX-License-Identifier: MIT */
/*
 * resolve: what each library symbol that a program needs is bound to.
 *
 * Why       Nothing may reach the host's C library unseen: a call that touches memory, time, threads
 *           or the outside is served by what lies in calls/; a pure one goes to the library; any other is
 *           bound to a trap that names it and its caller when it is called.
 */
#ifndef EXPLORE_RESOLVE_H
#define EXPLORE_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

/* An loader_resolver. */
uintptr_t resolve_symbol(void *self, const char *name, bool is_weak);

/* Once all symbols are bound: the traps become code. */
void resolve_seal(void);

#endif
