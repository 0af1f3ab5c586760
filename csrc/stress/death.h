/* SPDX-License-Identifier: MIT */
/*
 * death: the last words of a process whose subject crashed, aborted or called exit, or was
 * sent a signal by whomever.
 *
 * Why       A crash is what some subjects are expected to do. What is worth having from it
 *           (signal, address, thread, backtrace) must be written by the dying process
 *           itself, to memory that outlives it.
 *           Only here is known who sent a signal: what a process sends itself, or has a
 *           timer send, is its own doing, and no accident from outside.
 * Rules     Handlers run on stacks of their own, so a stack overflow is reported, too. Only
 *           the first thread that dies writes. Facts that cannot fail come first, the
 *           backtrace last: walking a broken stack may fault again. Then the signal is
 *           raised once more with its default action, so that the parent sees it.
 */
#ifndef STRESS_DEATH_H
#define STRESS_DEATH_H

#include <heald/stress.h>

#include <signal.h>

/* Sent to the process: every watched thread writes a backtrace to its record. */
#define DEATH_DUMP_ALL (SIGRTMIN + 4)
#define DEATH_DUMP_ONE (SIGRTMIN + 5)

/* Once per process, before any watched thread. `recorder` is shared memory. */
void death_install(struct stress_recorder *recorder);

/* Ends the process: byte `beyond` past the end of a state or a local was written. `thread`
 * is who noticed. */
_Noreturn void death_out_of_bounds(struct stress_recorder *recorder, uint32_t thread,
                                   uint32_t beyond, uint8_t byte);

/* The calling thread is thread `number` of the scenario, 1..STRESS_THREADS. */
void death_watch_thread(uint32_t number);

#endif
