/* SPDX-License-Identifier: MIT */
#include "copies.h"

struct copies copies;

#if !PARSE_CHECKED /* sanitizers bring an allocator and a memcpy of their own */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_memcpy(void *to, const void *from, size_t size);
void *__real_memmove(void *to, const void *from, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_memcpy(void *to, const void *from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size);

static void note_allocation(size_t size) {
    if (copies.input)
        copies.allocated += size + !size; /* malloc(0) is an allocation too */
}

static void note_copy(const void *from, size_t size) {
    uintptr_t offset = (uintptr_t)from - (uintptr_t)copies.input;
    if (copies.input && offset < copies.size)
        copies.copied += size;
}

void *__wrap_malloc(size_t size) {
    note_allocation(size);
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    note_allocation(count * size);
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
    note_allocation(size);
    return __real_realloc(block, size);
}

void *__wrap_memcpy(void *to, const void *from, size_t size) {
    note_copy(from, size);
    return __real_memcpy(to, from, size);
}

void *__wrap_memmove(void *to, const void *from, size_t size) {
    note_copy(from, size);
    return __real_memmove(to, from, size);
}
#endif
