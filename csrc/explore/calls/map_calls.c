/* SPDX-License-Identifier: MIT */
/*
 * map_calls: mmap, of memory that is new and zero, or of a file that is only read.
 *
 * How       A mapping is a block of the heap that begins at a page: what is done with it is judged like that, and who
 *           touches it after munmap has used freed memory.
 * Not       Fixed addresses, memory that may not be touched, parts of a mapping and files that are written: refused
 *           by name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "calls/descriptors.h"
#include "calls/files.h"
#include "calls/heap_calls.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/image.h"
#include "program/runtime.h"

static void refuse(bool is_refused, uint32_t site, const char *what) {
    if (is_refused)
        runtime_fail(FAILURE_UNSUPPORTED, site, "%s is not modelled", what);
}

/* What a file has from a place on; NULL: there is no file. */
static const struct file *file_of(int flags, int protection, int number, uint32_t site) {
    if (flags & MAP_ANONYMOUS)
        return NULL;
    const struct descriptor *found = descriptor_of_file(number);
    refuse(!found || found->kind != INPUT_FILE, site,
           "mmap of others than memory and files that are read");
    refuse((flags & MAP_SHARED) && (protection & PROT_WRITE), site,
           "mmap of a file that is written");
    return found->file;
}

static void *map(size_t bytes, int protection, int flags, int number, long offset,
                 uint32_t site) {
    const struct file *file = file_of(flags, protection, number, site);

    refuse(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN), site,
           "mmap at a fixed address");
    refuse(protection & ~(PROT_READ | PROT_WRITE), site, "mmap of memory for code");
    refuse(!(protection & PROT_READ) || (!file && !(protection & PROT_WRITE)), site,
           "mmap of memory that may not be read and written");
    if (bytes == 0 || offset < 0 || (size_t)offset % IMAGE_PAGE) {
        descriptor_fails(EINVAL);
        return MAP_FAILED;
    }
    size_t length = image_page_up(bytes);
    char *memory = heap_map(length, site);
    if (!memory) {
        descriptor_fails(ENOMEM);
        return MAP_FAILED;
    }
    if (file && (size_t)offset < file->length) {
        size_t left = file->length - (size_t)offset;
        memcpy(memory, file->bytes + offset, left < length ? left : length);
    }
    return memory;
}

SERVE(void *, mmap,
      (void *wanted, size_t bytes, int protection, int flags, int number, long offset)) {
    uint32_t site = SITE;
    (void)wanted; /* a hint */
    return map(bytes, protection, flags, number, offset, site);
}

/* Whether these pages are a mapping as a whole. */
static bool is_whole(void *memory, size_t bytes) {
    const struct block *block = heap_block(&the_runtime->heap, (uintptr_t)memory);
    return block && block->is_mapped && block->length == image_page_up(bytes);
}

SERVE(int, munmap, (void *memory, size_t bytes)) {
    uint32_t site = SITE;

    refuse(!is_whole(memory, bytes), site, "munmap of others than a whole mapping");
    heap_unmap(memory, site);
    return 0;
}

SERVE(int, mprotect, (void *memory, size_t bytes, int protection)) {
    uint32_t site = SITE;

    (void)memory;
    (void)bytes;
    refuse(protection != (PROT_READ | PROT_WRITE), site,
           "mprotect to others than reading and writing");
    return 0;
}

SERVE(int, madvise, (void *memory, size_t bytes, int advice)) {
    uint32_t site = SITE;

    refuse(advice == MADV_FREE || advice == MADV_REMOVE || advice == MADV_DONTFORK ||
               (advice == MADV_DONTNEED && !is_whole(memory, bytes)),
           site, "madvise that frees a part of a mapping, or may or may not");
    if (advice == MADV_DONTNEED) {
        access_ask_block(ACTION_WRITE, memory, bytes, site);
        memset(memory, 0, bytes);
    }
    return 0;
}

const struct service map_services[] = {
    SERVICE(mmap),     SERVICE_AS("mmap64", mmap), SERVICE(munmap),
    SERVICE(mprotect), SERVICE(madvise),           {0},
};
