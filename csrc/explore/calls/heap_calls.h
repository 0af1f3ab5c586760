/* SPDX-License-Identifier: MIT */
/* heap_calls: a block of the program's heap, for the calls that return one. */
#ifndef EXPLORE_HEAP_CALLS_H
#define EXPLORE_HEAP_CALLS_H

#include <stddef.h>
#include <stdint.h>

/* NULL if there is no room, with errno set; its bytes count as not written. */
void *heap_allocate(size_t length, uint32_t site);
/* As realloc. */
void *heap_resize(void *old, size_t length, uint32_t site);

/* For mmap: zero bytes from a page on; and what munmap does with them. */
void *heap_map(size_t length, uint32_t site);
void heap_unmap(void *memory, uint32_t site);

#endif
