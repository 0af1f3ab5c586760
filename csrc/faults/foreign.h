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

/*
 * Runs `command` with every trapped call cut to `most` bytes, every `interrupt`-th one (0:
 * none) answered with EINTR. Prints "calls shortened interrupted" to descriptor `report`.
 * Returns the program's exit code, 128 + signal, or 125 if it could not be supervised.
 */
int foreign_run(char **command, long most, long interrupt, int report);

#endif
