/* SPDX-License-Identifier: MIT */
/* memory: see memory.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "memory.h"

#include "descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define USUAL 3 /* runs in which things may be made that are kept */

static long blocks[MEMORY_LOOKS];
static long pages[MEMORY_LOOKS];
static long threads[MEMORY_LOOKS];

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

/* The eighteenth word behind the name, which may have blanks itself. */
static long threads_now(void) {
    static int stat = -1;
    char text[512];
    if (stat < 0)
        stat = descriptor_keep(open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
    ssize_t n = pread(stat, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    const char *word = strrchr(text, ')');
    for (int blanks = 0; word != NULL && blanks < 18; blanks++)
        word = strchr(word + 1, ' ');
    return word == NULL ? 0 : atol(word);
}

/* One that has ended and is just being buried is given a moment. */
static long threads_above(long usual) {
    const struct timespec moment = {0, 1000000};
    long now = threads_now();
    for (int i = 0; i < 50 && now > usual; i++) {
        nanosleep(&moment, NULL);
        now = threads_now();
    }
    return now;
}

void memory_look(int look) {
    blocks[look] = bytes_in_blocks();
    pages[look] = pages_mapped();
    threads[look] = threads_above(look == 0 ? LONG_MAX : threads[look - 1]);
}

static bool rises(const long *seen) {
    for (int run = USUAL; run < MEMORY_LOOKS; run++)
        if (seen[run] <= seen[run - 1])
            return false;
    return true;
}

bool memory_threads_grow(void) { return rises(threads); }

bool memory_grows(void) { return rises(blocks) || rises(pages); }
