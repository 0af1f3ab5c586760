/* SPDX-License-Identifier: MIT */
/*
 * confine: what a process that runs a subject may do to the rest of the machine: little.
 *
 * Rules     Memory and file sizes are limited, no core files. It dies with its parent. It
 *           starts no processes, signals nobody but itself, and itself with nothing that
 *           leaves no last words: such a system call is a SIGSYS, which ends as a finding.
 *           So does any through another architecture's entry. New threads are allowed.
 */
#ifndef STRESS_CONFINE_H
#define STRESS_CONFINE_H

#include <stdint.h>
#include <sys/types.h>

/* For the host, before it loads the subject. */
void confine_resources(uint64_t memory_bytes, uint64_t file_bytes);

/* For the process that runs it; `parent` is the host. */
void confine_process(pid_t parent);

#endif
