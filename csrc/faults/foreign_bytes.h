/* SPDX-License-Identifier: MIT */
/*
 * foreign_bytes: what a program that nobody has compiled for this reads and writes.
 *
 * How       As foreign.h: with a copy of its descriptor, the bytes carried from or to its memory
 *           (foreign_parts.h).
 * Which     What goes to or comes from a pipe, a socket, or a file that the command names, also below a
 *           folder that it names. Its libraries, its messages and what it configures are let alone.
 * Short     Reads of pipes and sockets, all writes: no local file system cuts a read of a file.
 *           Datagrams are whole.
 * Waits     A call that would wait is left to the program: the supervisor waits for nobody. On what does
 *           not block it is answered with EAGAIN: left to go on, it might find the end ready, and be whole.
 */
#ifndef HEALD_FAULTS_FOREIGN_BYTES_H
#define HEALD_FAULTS_FOREIGN_BYTES_H

#include "foreign_parts.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

/* Not a count and not an errno: let the program make its call. */
#define FOREIGN_LEFT ((ssize_t) - 1000000)

/* `copy` is the program's descriptor. */
bool foreign_bytes_matters(int copy, char **command);
bool foreign_bytes_is_stream(int copy);

/* Moves up to `most` bytes: how many, -errno, or FOREIGN_LEFT. Sets how many it asked for. */
ssize_t foreign_bytes_move(const struct seccomp_notif *asked, int copy, size_t most,
                           size_t *wanted);

/* 0: a call on it would not wait; files never do. Else what becomes of the call. */
ssize_t foreign_bytes_unready(int copy, short events);

#endif
