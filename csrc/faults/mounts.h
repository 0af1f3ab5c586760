/* SPDX-License-Identifier: MIT */
/*
 * mounts: file systems of a worker's own, without a mount point and without a trace.
 *
 * Why       A mount that has a place outlives a worker that is killed, and two workers would
 *           share it. A detached mount is a descriptor: it ends with the process.
 * Needs     Linux 5.2 and CAP_SYS_ADMIN. Who has it not gets a user and a mount namespace of
 *           its own, where the kernel allows that; the user keeps its number.
 * Threads   One only, the first time: a namespace is entered by the whole process.
 */
#ifndef HEALD_FAULTS_MOUNTS_H
#define HEALD_FAULTS_MOUNTS_H

#include <stddef.h>

struct mount_option {
    const char *name, *value;
};

/* 0 if this process may mount, in a namespace of its own if need be; -1 with errno. */
int mounts_allowed(void);

/* Mounts; the descriptor of the root, or -1 with errno. */
int mounts_new(const char *type, const struct mount_option *options, size_t count);

/* The root of a tmpfs of 64 KiB, mounted on first use; -1 with errno. */
int mounts_small(void);

#endif
