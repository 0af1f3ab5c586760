/* SPDX-License-Identifier: MIT */
/*
 * confine: what the process that explores a program may do to the rest of the machine: nothing.
 *
 * Why       A call by name is served or refused; a jump into the middle of a library, or code that
 *           is trusted unseen, makes system calls of its own.
 * Rules     From then on no process or thread starts, nobody is signalled, no file is opened
 *           for writing, made, renamed or removed, nothing is connected. A refused call is a
 *           SIGSYS. What is open stays usable.
 */
#ifndef EXPLORE_CONFINE_H
#define EXPLORE_CONFINE_H

void confine_host(void);

#endif
