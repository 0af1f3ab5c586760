/* SPDX-License-Identifier: MIT */
/*
 * served: what the program calls in place of its libraries, one table a family.
 *
 * Rule      A function that is in no table here, is not pure and is not the program's own is refused
 *           by name when it is called (program/resolve.h). Nothing is served by accident.
 */
#ifndef EXPLORE_SERVED_H
#define EXPLORE_SERVED_H

#include <stdint.h>

/* What serves the library's function or variable of this name; 0: nothing does. */
uintptr_t served_address(const char *name);

#endif
