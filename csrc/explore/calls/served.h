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

#include "program/entry.h"

/* Each ends with a NULL name. */
extern const struct service tsan_services[];
extern const struct service thread_services[];
extern const struct service lock_services[];
extern const struct service condition_services[];
extern const struct service c11_services[];
extern const struct service heap_services[];
extern const struct service memory_services[];
extern const struct service text_services[];
extern const struct service output_services[];
extern const struct service process_services[];
extern const struct service exit_services[];
extern const struct service time_services[];
extern const struct service cxx_services[];
extern const struct service tls_services[];
extern const struct service futex_services[];
extern const struct service scenario_services[];

/* What serves the library's function or variable of this name; 0: nothing does. */
uintptr_t served_address(const char *name);

#endif
