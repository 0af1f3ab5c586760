/* SPDX-License-Identifier: MIT */
/*
 * memory_calls: memcpy and its family, and sorting, as accesses.
 *
 * Why       The library is not instrumented: what it reads and writes for the program would go
 *           unseen. Each call first says which bytes it touches, then does its work.
 * Sorting   Done here, not by the library: the comparison function is the program's own and may be
 *           interrupted for good, which a library's temporary memory would not survive.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static void copy_piece(char *to, const char *from, size_t bytes, uint32_t site) {
    char piece[ACCESS_WORD_BYTES];

    access_ask(ACTION_READ, from, bytes, site);
    memcpy(piece, from, bytes);
    access_ask(ACTION_WRITE, to, bytes, site);
    memcpy(to, piece, bytes);
}

static void copy_in_pieces(char *to, const char *from, size_t bytes, uint32_t site) {
    bool backwards = from < to && to < from + bytes;

    for (size_t left = bytes, piece; left; left -= piece) {
        size_t at = backwards ? left : bytes - left;
        piece = access_piece(((uintptr_t)to + at) | ((uintptr_t)from + at), left);
        at -= backwards ? piece : 0;
        copy_piece(to + at, from + at, piece, site);
    }
}

static void fill_in_pieces(char *memory, int value, size_t bytes, uint32_t site) {
    for (size_t at = 0, piece; at < bytes; at += piece) {
        piece = access_piece((uintptr_t)memory + at, bytes - at);
        access_ask(ACTION_WRITE, memory + at, piece, site);
        memset(memory + at, value, piece);
    }
}

static void *copy(void *to, const void *from, size_t bytes, uint32_t site) {
    if (access_goes_in_pieces(bytes)) {
        copy_in_pieces(to, from, bytes, site);
        return to;
    }
    access_ask_block(ACTION_READ, from, bytes, site);
    access_ask_block(ACTION_WRITE, to, bytes, site);
    return memmove(to, from, bytes);
}

static void *fill(void *memory, int value, size_t bytes, uint32_t site) {
    if (access_goes_in_pieces(bytes)) {
        fill_in_pieces(memory, value, bytes, site);
        return memory;
    }
    access_ask_block(ACTION_WRITE, memory, bytes, site);
    return memset(memory, value, bytes);
}

SERVE(void *, memcpy, (void *to, const void *from, size_t bytes)) {
    return copy(to, from, bytes, SITE);
}

SERVE(void *, memmove, (void *to, const void *from, size_t bytes)) {
    return copy(to, from, bytes, SITE);
}

SERVE(void *, mempcpy, (void *to, const void *from, size_t bytes)) {
    return (char *)copy(to, from, bytes, SITE) + bytes;
}

SERVE(void *, memset, (void *memory, int value, size_t bytes)) {
    return fill(memory, value, bytes, SITE);
}

SERVE(void, bzero, (void *memory, size_t bytes)) { fill(memory, 0, bytes, SITE); }

SERVE(int, memcmp, (const void *a, const void *b, size_t bytes)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, a, bytes, site);
    access_ask_block(ACTION_READ, b, bytes, site);
    return memcmp(a, b, bytes);
}

SERVE(void *, memchr, (const void *memory, int value, size_t bytes)) {
    const char *found = memchr(memory, value, bytes);
    access_ask_text(memory, found ? (size_t)(found - (const char *)memory) + 1 : bytes,
                    SITE);
    return (void *)(uintptr_t)found;
}

SERVE(void *, memrchr, (const void *memory, int value, size_t bytes)) {
    access_ask_block(ACTION_READ, memory, bytes, SITE);
    return memrchr(memory, value, bytes);
}

SERVE(void *, rawmemchr, (const void *memory, int value)) {
    const char *found = rawmemchr(memory, value);
    access_ask_text(memory, (size_t)(found - (const char *)memory) + 1, SITE);
    return (void *)(uintptr_t)found;
}

SERVE(void *, memmem,
      (const void *memory, size_t bytes, const void *wanted, size_t length)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, memory, bytes, site);
    access_ask_block(ACTION_READ, wanted, length, site);
    return memmem(memory, bytes, wanted, length);
}

SERVE(void *, memccpy, (void *to, const void *from, int value, size_t bytes)) {
    uint32_t site = SITE;
    const char *found = memchr(from, value, bytes);
    size_t copied = found ? (size_t)(found - (const char *)from) + 1 : bytes;
    access_look(from, copied, site);
    copy(to, from, copied, site);
    return found ? (char *)to + copied : NULL;
}

typedef int comparison(const void *, const void *, void *);

/* In pieces: what is announced as written is written before anything else is announced. */
static void swap(char *a, char *b, size_t size, uint32_t site) {
    char piece[64];

    for (size_t at = 0, part; at < size; at += part) {
        part = size - at < sizeof piece ? size - at : sizeof piece;
        access_ask_block(ACTION_WRITE, a + at, part, site);
        memcpy(piece, a + at, part);
        memcpy(a + at, b + at, part);
        access_ask_block(ACTION_WRITE, b + at, part, site);
        memcpy(b + at, piece, part);
    }
}

/* Heapsort: no memory of its own, n log n whatever the order. */
static void sift(char *base, size_t root, size_t end, size_t size, comparison *compare,
                 void *context, uint32_t site) {
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end &&
            compare(base + child * size, base + (child + 1) * size, context) < 0)
            child++;
        if (compare(base + root * size, base + child * size, context) >= 0)
            return;
        swap(base + root * size, base + child * size, size, site);
    }
}

static void sort(void *memory, size_t count, size_t size, comparison *compare,
                 void *context, uint32_t site) {
    char *base = memory;

    for (size_t root = count / 2; root-- > 0;)
        sift(base, root, count, size, compare, context, site);
    for (size_t end = count; end-- > 1;) {
        swap(base, base + end * size, size, site);
        sift(base, 0, end, size, compare, context, site);
    }
}

/* The function without a context ignores the third argument. */
SERVE(void, qsort, (void *memory, size_t count, size_t size, comparison *compare)) {
    sort(memory, count, size, compare, NULL, SITE);
}

SERVE(void, qsort_r,
      (void *memory, size_t count, size_t size, comparison *compare, void *context)) {
    sort(memory, count, size, compare, context, SITE);
}

SERVE(void *, bsearch,
      (const void *key, const void *memory, size_t count, size_t size,
       comparison *compare)) {
    size_t first = 0;
    size_t end = count;

    while (first < end) {
        size_t middle = (first + end) / 2;
        const char *element = (const char *)memory + middle * size;
        int order = compare(key, element, NULL);
        if (order == 0)
            return (void *)(uintptr_t)element;
        if (order < 0)
            end = middle;
        else
            first = middle + 1;
    }
    return NULL;
}

const struct service memory_services[] = {
    SERVICE(memcpy),
    SERVICE_AS("__memcpy_chk", memcpy),
    SERVICE_AS("__tsan_memcpy", memcpy),
    SERVICE(memmove),
    SERVICE_AS("__memmove_chk", memmove),
    SERVICE_AS("__tsan_memmove", memmove),
    SERVICE(mempcpy),
    SERVICE(memset),
    SERVICE_AS("__memset_chk", memset),
    SERVICE_AS("__tsan_memset", memset),
    SERVICE_AS("explicit_bzero", bzero),
    SERVICE(bzero),
    SERVICE(memcmp),
    SERVICE_AS("bcmp", memcmp),
    SERVICE(memchr),
    SERVICE(memrchr),
    SERVICE(rawmemchr),
    SERVICE(memmem),
    SERVICE(memccpy),
    SERVICE_AS("__mempcpy_chk", mempcpy),
    SERVICE(qsort),
    SERVICE(qsort_r),
    SERVICE(bsearch),
    {0},
};
