/* SPDX-License-Identifier: MIT */
/*
 * foreign: short calls for a whole program that nobody has compiled for this.
 *
 * Why       cp, a Python server, a binary without source: what do they do when sendfile or
 *           copy_file_range moves less than asked? The shim is not in them.
 * How       The program is started with the filter of notify.c. For each trapped call this
 *           process takes copies of its descriptors (pidfd_getfd), reads and writes its offset
 *           variable (process_vm_readv, _writev), makes the shorter call and answers with what
 *           it gave. Copies share the open file, so positions and flags are the program's own.
 * Needs     a kernel with pidfd_getfd (5.6), and the right to trace an own child.
 * Not       vmsplice, whose memory is the program's: it goes on untouched.
 */
#ifndef HEALD_FAULTS_FOREIGN_H
#define HEALD_FAULTS_FOREIGN_H

struct foreign_plan {
    long most; /* bytes of a call */
    long
        interrupt; /* every so many zero-copy calls one is answered with EINTR; 0: none */
    long bytes;    /* not 0: what is read and written, too; see foreign_bytes.h */
    long fail_kind; /* enum foreign_kind of the calls of which one fails, 0: none */
    long fail_at;   /* which of them, 1 for the first */
};

/*
 * Runs `command` with every trapped call cut. Prints "calls shortened interrupted failed" to
 * descriptor `report`. A read fails with EIO, a write with ENOSPC.
 * Returns the program's exit code, 128 + signal, or 125 if it could not be supervised.
 */
int foreign_run(char **command, const struct foreign_plan *plan, int report);

#endif
