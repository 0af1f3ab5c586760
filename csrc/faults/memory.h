/* SPDX-License-Identifier: MIT */
/*
 * memory: what a process holds, to see what calls leave behind.
 *
 * Why       A server that loses a buffer or a mapping on an error path dies after a day.
 * How       The same case is run MEMORY_LOOKS times. What is made once and kept is no leak; what
 *           grows at each of the last runs is one. Looked at are the allocator's blocks, the size of
 *           the address space, and threads.
 */
#ifndef HEALD_FAULTS_MEMORY_H
#define HEALD_FAULTS_MEMORY_H

#include <stdbool.h>

#define MEMORY_LOOKS 8
#define MEMORY_MANY                                                                      \
    64 /* runs between two looks, where one call in fifty leaves something */

/* After each run, or many of them; counted from 0. */
void memory_look(int look);

/* Whether the last runs all left memory, or threads, behind. */
bool memory_grows(void);
bool memory_threads_grow(void);

#endif
