/* SPDX-License-Identifier: MIT */
/* image: see image.h. */
#define _GNU_SOURCE
#include "program/image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { TRACKED_FROM_BYTES = 8 * IMAGE_PAGE };

void image_track(struct image *image) {
    uintptr_t first = image_page_down(image->writable_start);
    size_t bytes = image->writable_end - first;

    if (image->writable_end <= image->writable_start)
        return;
    image->pristine = mmap(NULL, image_page_up(bytes), PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    image->is_tracked = bytes > TRACKED_FROM_BYTES;
    if (!image->is_tracked) {
        memcpy(image->pristine, (void *)first, bytes);
        return;
    }
    image->dirty = calloc(image_page_up(bytes) / IMAGE_PAGE, sizeof *image->dirty);
    mprotect((void *)first, image_page_up(bytes), PROT_READ);
}

void image_restore(struct image *image) {
    uintptr_t first = image_page_down(image->writable_start);

    if (!image->is_tracked) {
        if (image->pristine)
            memcpy((void *)image->writable_start,
                   image->pristine + (image->writable_start - first),
                   image->writable_end - image->writable_start);
        return;
    }
    for (size_t i = 0; i < image->dirty_count; i++) {
        size_t offset = (size_t)image->dirty[i] * IMAGE_PAGE;
        memcpy((void *)(first + offset), image->pristine + offset, IMAGE_PAGE);
    }
}

bool image_touch(struct image *image, uintptr_t address) {
    uintptr_t first = image_page_down(image->writable_start);

    if (!image->is_tracked || address < image->writable_start ||
        address >= image_page_up(image->writable_end))
        return false;
    uint32_t page = (uint32_t)((address - first) / IMAGE_PAGE);
    for (size_t i = 0; i < image->dirty_count; i++)
        if (image->dirty[i] == page)
            return false;
    memcpy(image->pristine + (size_t)page * IMAGE_PAGE,
           (void *)(first + (size_t)page * IMAGE_PAGE), IMAGE_PAGE);
    image->dirty[image->dirty_count++] = page;
    mprotect((void *)(first + (size_t)page * IMAGE_PAGE), IMAGE_PAGE,
             PROT_READ | PROT_WRITE);
    return true;
}

void image_is_constructed(struct image *image, bool by_now) {
    size_t bytes = image->writable_end - image->writable_start;

    image->is_constructed = by_now;
    if (!by_now || image->at_main || image->is_tracked || !image->pristine)
        return;
    image->at_main = malloc(bytes);
    if (image->at_main)
        memcpy(image->at_main, (const void *)image->writable_start, bytes);
}

const unsigned char *image_initial(const struct image *image, uintptr_t address) {
    if (!image->at_main || !image->is_constructed || address < image->writable_start ||
        address + 8 > image->writable_end)
        return NULL;
    return image->at_main + (address - image->writable_start);
}

uintptr_t image_symbol(const struct image *image, const char *name) {
    const Elf64_Sym *symbol = image->symbols;

    for (size_t i = 0; i < image->symbol_count; i++)
        if (symbol[i].st_shndx != SHN_UNDEF && symbol[i].st_value &&
            strcmp(image->strings + symbol[i].st_name, name) == 0)
            return image->base + symbol[i].st_value;
    return 0;
}

bool image_catches(const struct image *image) {
    const Elf64_Sym *symbol = image->symbols;

    for (size_t i = 0; i < image->symbol_count; i++) {
        const char *name = image->strings + symbol[i].st_name;
        if (strstr(name, "personality") || strstr(name, "setjmp"))
            return true;
    }
    return false;
}

bool image_function(const struct image *image, uintptr_t address, uintptr_t *start,
                    uintptr_t *end) {
    const Elf64_Sym *symbol = image->symbols;

    for (size_t i = 0; i < image->symbol_count; i++) {
        *start = image->base + symbol[i].st_value;
        *end = *start + symbol[i].st_size;
        if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC &&
            symbol[i].st_shndx != SHN_UNDEF && address >= *start && address < *end)
            return true;
    }
    return false;
}

const char *image_name(const struct image *image, uintptr_t address, uintptr_t *offset) {
    const Elf64_Sym *symbol = image->symbols;

    for (size_t i = 0; i < image->symbol_count; i++) {
        unsigned type = ELF64_ST_TYPE(symbol[i].st_info);
        uintptr_t start = image->base + symbol[i].st_value;
        if ((type != STT_OBJECT && type != STT_FUNC) || symbol[i].st_shndx == SHN_UNDEF)
            continue;
        if (address >= start && address < start + symbol[i].st_size) {
            *offset = address - start;
            return image->strings + symbol[i].st_name;
        }
    }
    return NULL;
}
