/* SPDX-License-Identifier: MIT */
/*
 * confine: a parser starts no process and signals nobody.
 *
 * Why       A process that a parser starts would answer in its place, or outlive it.
 *           One that catches its own crashes would hide what it reads outside.
 * Rules     From then on such a system call is a SIGSYS, which ends as a finding; so is a signal to
 *           itself that leaves no last words. Threads may be started. Not for checked builds,
 *           whose sanitizers start a process to name what they found.
 */
#ifndef PARSE_CONFINE_H
#define PARSE_CONFINE_H

#include <stdint.h>

/* In an argument that rt_sigaction has not: the harness itself sets a handler. */
#define CONFINE_OURSELVES UINT32_C(0x6865616c)

void confine_parser(void);

#endif
