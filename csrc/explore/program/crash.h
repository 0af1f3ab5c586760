/* SPDX-License-Identifier: MIT */
/*
 * crash: signals of the program become failures of the program.
 *
 * Why       A null pointer, a division by zero, an endless recursion or an endless loop in the
 *           program is a finding; the search goes on to its end and reports it with its trace.
 * How       Handlers run on a stack of their own. They note the failure as the thread's next action
 *           and let the search continue as if the thread had switched to it. A signal while the
 *           search itself runs is the engine's own fault and ends the process, saying so.
 * Calls     A system call that the host may not make (host/confine.c) is one that nobody models.
 * Loops     A timer of processor time looks whether the running thread has made an action since;
 *           one that has not for `endless_ms` is in a loop without end.
 */
#ifndef EXPLORE_CRASH_H
#define EXPLORE_CRASH_H

void crash_install(void);

/* Before that, while the program is loaded: every fault that is not the engine's own goes to `handler`,
   which does not return. */
void crash_catch(void (*handler)(int number));

/* In a signal handler, with its context: the time is over. If the program is at its own work, it is
   taken off and the search goes on. */
void crash_take_off(void *context);

#endif
