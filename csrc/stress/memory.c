/* SPDX-License-Identifier: MIT */
/* memory: see memory.h */
#include "memory.h"

#include <sys/mman.h>

#define GUARD 4096u

void *memory_pages(size_t bytes) {
    void *pages =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void *memory_guarded(size_t bytes) {
    unsigned char *pages = memory_pages(bytes + 2 * GUARD);
    if (pages == NULL || mprotect(pages, GUARD, PROT_NONE) != 0 ||
        mprotect(pages + GUARD + bytes, GUARD, PROT_NONE) != 0)
        return NULL;
    return pages + GUARD;
}
