/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "copies.h"
#include "wrap.h"

#include <string.h>
#include <sys/types.h>

struct copies copies;

#if !PARSE_CHECKED /* sanitizers bring an allocator and a memcpy of their own */
static void note_allocation(size_t size) {
    if (copies.input)
        copies.allocated += size + !size; /* malloc(0) is an allocation too */
}

static void note_copy(const void *from, size_t size) {
    uintptr_t offset = (uintptr_t)from - (uintptr_t)copies.input;
    if (copies.input && offset < copies.size)
        copies.copied += size;
}

WRAP(void *, malloc, (size_t size), (size), note_allocation(size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size),
     note_allocation(count *size))
WRAP(void *, realloc, (void *block, size_t size), (block, size), note_allocation(size))
WRAP(void *, reallocarray, (void *block, size_t count, size_t size), (block, count, size),
     note_allocation(count *size))
WRAP(void *, aligned_alloc, (size_t to, size_t size), (to, size), note_allocation(size))
WRAP(int, posix_memalign, (void **block, size_t to, size_t size), (block, to, size),
     note_allocation(size))
WRAP(void *, memalign, (size_t to, size_t size), (to, size), note_allocation(size))
WRAP(char *, strdup, (const char *from), (from), note_allocation(strlen(from) + 1))
WRAP(char *, strndup, (const char *from, size_t most), (from, most),
     note_allocation(strnlen(from, most) + 1))
WRAP(void *, mmap,
     (void *at, size_t size, int protection, int flags, int file, off_t offset),
     (at, size, protection, flags, file, offset), note_allocation(size))

WRAP(void *, memcpy, (void *to, const void *from, size_t size), (to, from, size),
     note_copy(from, size))
WRAP(void *, memmove, (void *to, const void *from, size_t size), (to, from, size),
     note_copy(from, size))
WRAP(void *, mempcpy, (void *to, const void *from, size_t size), (to, from, size),
     note_copy(from, size))
WRAP(void *, __memcpy_chk, (void *to, const void *from, size_t size, size_t room),
     (to, from, size, room), note_copy(from, size))
WRAP(void *, __memmove_chk, (void *to, const void *from, size_t size, size_t room),
     (to, from, size, room), note_copy(from, size))
WRAP(char *, strcpy, (char *to, const char *from), (to, from),
     note_copy(from, strlen(from) + 1))
WRAP(char *, stpcpy, (char *to, const char *from), (to, from),
     note_copy(from, strlen(from) + 1))
WRAP(char *, strncpy, (char *to, const char *from, size_t size), (to, from, size),
     note_copy(from, strnlen(from, size)))
WRAP(void, bcopy, (const void *from, void *to, size_t size), (from, to, size),
     note_copy(from, size))
#endif
