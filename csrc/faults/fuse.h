/* SPDX-License-Identifier: MIT */
/*
 * fuse: files whose file system fails: short reads and writes, EINTR, EIO, a wrong st_size.
 *
 * Why       A shim can only lie to the subject. A file system lies to the kernel, and what the
 *           kernel makes of it (page cache, read-ahead, splice) is what servers meet on network
 *           and user-space file systems.
 * Source    FUSE  honest size, through the page cache: EIO makes a bad place, which stays bad;
 *                 EINTR is given once. A short answer would mean the end here, so none is given.
 *           LIAR  st_size is 0, as in /proc, and reads go past the page cache (direct_io): they
 *                 come short, interrupted, or fail for good. sendfile and splice see an empty
 *                 file: only who reads can have the bytes.
 * Sink      Past the page cache: writes come short, are interrupted, are refused.
 * Script    The steps of the case, one for each read of the source or write of the sink while
 *           the subject runs.
 * Process   The server is a child: the kernel waits for its answer even while it kills the
 *           subject's process, and gets one. It ends when the mount does, and the mount is a
 *           descriptor of this process (mounts.h).
 */
#ifndef HEALD_FAULTS_FUSE_H
#define HEALD_FAULTS_FUSE_H

#include <heald/faults.h>

#include <stdbool.h>

/* Mounts and serves on first use; 0, or -1 with errno. */
int fuse_begin(void);

/* A new file for this case; the descriptor, or -1 with errno. */
int fuse_open_source(const struct fault_case *the_case);
int fuse_open_sink(const struct fault_case *the_case);

/* Steps act between fuse_arm(true) and fuse_arm(false) only. */
void fuse_arm(bool armed);

uint32_t fuse_steps_used(void);

#endif
