/* SPDX-License-Identifier: MIT */
/* memory_sink: see memory_sink.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "memory_sink.h"

#include "content.h"
#include "descriptors.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAPPED ((size_t)MEMORY_SINK_BYTES)
#define FITS ((int64_t)24 << 10) /* position and size together; appends may go further */

static int file = -1;
static unsigned char *map;
static unsigned char untouched[MAPPED];

bool memory_sink_fits(const struct fault_case *the_case) {
    return the_case->sink == SINK_FILE &&
           the_case->sink_position + the_case->size <= FITS;
}

static int open_mapped(void) {
    memset(untouched, CONTENT_NEVER, sizeof untouched);
    file = descriptor_keep(memfd_create("sink", MFD_CLOEXEC));
    if (file < 0 || ftruncate(file, MAPPED) != 0)
        return -1;
    map = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        return -1;
    memset(map, CONTENT_NEVER, MAPPED);
    return 0;
}

int memory_sink_take(void) { return file >= 0 || open_mapped() == 0 ? file : -1; }

/* One past the last byte at or after `from` that was written; `from` if there is none. */
static size_t written_end(size_t from) {
    size_t end = MAPPED;
    if (memcmp(map + from, untouched, end - from) == 0)
        return from;
    while (map[end - 1] == CONTENT_NEVER)
        end--;
    return end;
}

/* The usual case first: one run of written bytes, and nothing behind it. */
int64_t memory_sink_seen(int64_t position, const unsigned char **bytes) {
    size_t from = (size_t)position;
    const unsigned char *gap = memchr(map + from, CONTENT_NEVER, MAPPED - from);
    size_t end = written_end(gap == NULL ? MAPPED : (size_t)(gap - map));
    *bytes = map + from;
    return (int64_t)(end - from);
}

int64_t memory_sink_stray(int64_t position) {
    if (memcmp(map, untouched, (size_t)position) == 0)
        return -1;
    int64_t at = 0;
    while (map[at] == CONTENT_NEVER)
        at++;
    return at;
}

static void forget(void) {
    munmap(map, MAPPED);
    close(file);
    file = -1;
}

void memory_sink_give_back(bool clean, int64_t position, int64_t written) {
    if (clean && position + written < (int64_t)MAPPED)
        memset(map + position, CONTENT_NEVER, (size_t)written);
    else
        forget();
}
