/* SPDX-License-Identifier: MIT */
/*
 * memory: what a process holds, to see what calls leave behind.
 *
 * Why       A server that loses a buffer or a mapping on an error path dies after a day.
 * How       The same case is run MEMORY_RUNS times. What is made once and kept is no leak; what
 *           grows at each of the last runs is one. Looked at are the allocator's blocks and
 *           the size of the address space.
 */
#ifndef HEALD_FAULTS_MEMORY_H
#define HEALD_FAULTS_MEMORY_H

#include <stdbool.h>

#define MEMORY_RUNS 8

/* After each run, counted from 0. */
void memory_look(int run);

/* Whether the last runs all left something behind. */
bool memory_grows(void);

#endif
