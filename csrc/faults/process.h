/* SPDX-License-Identifier: MIT */
/*
 * process: what a transfer may leave changed in its whole process, seen where time does not matter.
 *
 * Why       A transfer that changes the working folder, leaves a timer running or takes over a signal
 *           moves every byte rightly; it is the rest of the program that pays.
 * Looked at the working folder, the file mode mask, the three interval timers, the limits but
 *           that of file sizes, and all handlers but those of SIGPIPE and SIGALRM: the host sets
 *           these itself (left.h looks at the first).
 */
#ifndef HEALD_FAULTS_PROCESS_H
#define HEALD_FAULTS_PROCESS_H

#include <stdbool.h>

/* Remembers it. */
void process_begin(void);

/* Whether something has changed since; folder, mask and timers are then as they were. */
bool process_changed(void);

#endif
