/* SPDX-License-Identifier: MIT */
/*
 * confine: a transfer starts no process and signals nobody.
 *
 * Why       A process that it starts would outlive its worker, or answer in its place; one that
 *           it signals is not its own.
 * Rules     Before the subject is loaded, whose constructors run then. From then on such a
 *           system call is a SIGSYS, and the worker's end is a finding. Threads may be started.
 *           Checked builds may start processes: sanitizers do, to name what they found.
 */
#ifndef HEALD_FAULTS_CONFINE_H
#define HEALD_FAULTS_CONFINE_H

#include <sys/types.h>

void confine_transfer(void);

/* As fork: of the host itself, for its file server. */
pid_t confine_fork(void);

#endif
