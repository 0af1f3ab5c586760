/* SPDX-License-Identifier: MIT */
/*
 * memory: the engine's own memory, apart from the subject's heap.
 *
 * Why       A subject may corrupt its heap: that must not corrupt what is known about it.
 *           And the engine must not move the subject's allocations about.
 */
#ifndef STRESS_MEMORY_H
#define STRESS_MEMORY_H

#include <stddef.h>

/* Zeroed pages, or NULL. They live until the process ends. */
void *memory_pages(size_t bytes);

/* The same between two pages that fault: for stacks, and for what is not ours to write. */
void *memory_guarded(size_t bytes);

#endif
