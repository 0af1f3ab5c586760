/* SPDX-License-Identifier: MIT */
/*
 * at_exit: what runs when the program ends, and what its exit status says.
 *
 * Order     As the C library has it: the last thread's own objects, then the registered functions, the
 *           last one first, then the destructors of the program itself (.fini_array), backwards.
 *           Which thread registered first is chance, so the threads are gone through by number.
 * Once      Whoever calls exit first runs it all; a second one waits for an end that comes first. Where
 *           there is nothing to run nobody need wait: each may be the first, and is judged as that.
 */
#ifndef EXPLORE_AT_EXIT_H
#define EXPLORE_AT_EXIT_H

#include "program/state.h"

/* Registers a function. `kind` is an enum at_exit_kind. */
void at_exit_add(uintptr_t function, uintptr_t argument, enum at_exit_kind kind,
                 uint32_t site);

/* exit and a return from main: everything. */
void at_exit_run(uint32_t site);
/* quick_exit: what at_quick_exit registered. */
void at_exit_run_quick(uint32_t site);

/* The objects of the running thread, the last one first. */
void at_exit_run_local(void);

/* A status other than 0 is a failure, unless any is allowed. `call` said it: "exit", "main". */
void at_exit_judge(int status, const char *call, uint32_t site);

#endif
