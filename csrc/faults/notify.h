/* SPDX-License-Identifier: MIT */
/*
 * notify: the script acts below the C library, through seccomp user notification.
 *
 * Why       A subject that calls syscall(2), or was linked without the shim, is out of the
 *           shim's reach. The kernel stops its thread at the call and asks a supervisor.
 * Real      The supervisor performs the shorter call itself, with the same descriptors and the
 *           same offset pointer, and answers with its count: the bytes have really moved.
 */
#ifndef HEALD_FAULTS_NOTIFY_H
#define HEALD_FAULTS_NOTIFY_H

#include "run.h"

#include <stdint.h>

/* As run_case. A filter cannot be taken off a thread, so each case has a thread of its own. */
void notify_run_case(const struct subject *subject, const struct fault_case *the_case,
                     struct fault_result *result);

/* Puts the filter on the calling thread and what it will start; the listener, or -1. With
 * `bytes` not 0, the calls of foreign_parts.h are trapped as well. */
int notify_trap_calls(int bytes);

/* In an argument that sendmmsg has not: this one passes the listener on, and is let through. */
#define NOTIFY_OURSELVES UINT32_C(0x6865616c)

/* 0, or the errno that says why user notification does not work here. */
int notify_missing(void);

#endif
