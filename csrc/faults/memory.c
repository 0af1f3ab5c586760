/* SPDX-License-Identifier: MIT */
/* memory: see memory.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "memory.h"

#include "descriptors.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#define USUAL 3 /* runs in which things may be made that are kept */

static long blocks[MEMORY_RUNS];
static long pages[MEMORY_RUNS];

static long bytes_in_blocks(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    struct mallinfo2 all = mallinfo2();
    return (long)(all.uordblks + all.hblkhd);
#else
    return 0;
#endif
}

static long pages_mapped(void) {
    static int statm = -1;
    char text[64];
    long count = 0;
    if (statm < 0)
        statm = descriptor_keep(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    ssize_t n = pread(statm, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return sscanf(text, "%ld", &count) == 1 ? count : 0;
}

void memory_look(int run) {
    blocks[run] = bytes_in_blocks();
    pages[run] = pages_mapped();
}

static bool rises(const long *seen) {
    for (int run = USUAL; run < MEMORY_RUNS; run++)
        if (seen[run] <= seen[run - 1])
            return false;
    return true;
}

bool memory_grows(void) { return rises(blocks) || rises(pages); }
