/* SPDX-License-Identifier: MIT */
/*
 * image: the program under test in memory, once loader.h has put it there.
 *
 * Why       Loading it ourselves puts its globals at the same place in every process, binds each
 *           symbol it needs to what we choose, runs its constructors inside an execution instead of
 *           before all of them, and tells exactly which bytes to restore between executions. The
 *           system's loader does none of these.
 * Always    Writable bytes are exactly [writable_start, writable_end); they are restored to what
 *           they were after relocation. A small image is copied back whole; of a large one only
 *           the pages that were ever written, found by write protection.
 * Limits    ELF64 of this machine; no initial-exec thread-local storage (compile with
 *           -ftls-model=global-dynamic); the libraries it needs are the caller's to provide.
 */
#ifndef EXPLORE_IMAGE_H
#define EXPLORE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMAGE_PAGE = 4096 };

struct image {
    uintptr_t base;
    uintptr_t end;
    uintptr_t code_start;
    uintptr_t code_end;
    uintptr_t writable_start;
    uintptr_t writable_end;
    uint8_t *pristine; /* copy of the writable bytes */
    uint8_t *at_main; /* the same after the constructors; NULL: not there yet, or large */
    bool is_constructed; /* by now, in this execution */
    bool is_tracked;     /* large: pages are write-protected until first written */
    uint32_t *dirty;     /* indices of pages ever written */
    size_t dirty_count;
    uintptr_t tls_image; /* what a thread-local block starts as */
    size_t tls_file_bytes;
    size_t tls_bytes;
    size_t tls_alignment;
    uintptr_t constructors; /* array of void (*)(int, char **, char **) */
    size_t constructor_count;
    uintptr_t destructors;
    size_t destructor_count;
    const void *file; /* the whole file, for its symbols */
    size_t file_bytes;
    const void *symbols; /* Elf64_Sym[symbol_count] of .symtab, else of .dynsym */
    size_t symbol_count;
    const char *strings;
    uintptr_t unwind_header; /* PT_GNU_EH_FRAME, 0 if none */
    bool runs_on_stacks;     /* addresses of nested functions are code there */
};

static inline uintptr_t image_page_down(uintptr_t address) {
    return address & ~(uintptr_t)(IMAGE_PAGE - 1);
}

static inline uintptr_t image_page_up(uintptr_t address) {
    return image_page_down(address + IMAGE_PAGE - 1);
}

/* Keeps the writable bytes as they are, for image_restore: once it is loaded. */
void image_track(struct image *image);
void image_restore(struct image *image);

/* In a fault handler: true if this was the first write to a tracked page, now allowed. */
bool image_touch(struct image *image, uintptr_t address);

static inline bool image_is_code(const struct image *image, uintptr_t address) {
    return address >= image->code_start && address < image->code_end;
}

static inline bool image_is_constant(const struct image *image, uintptr_t address) {
    return address >= image->base && address < image->end &&
           (address < image->writable_start || address >= image->writable_end);
}

/* The constructors begin; main does: keeps what the writable bytes are then, the same in every execution. */
void image_is_constructed(struct image *image, bool by_now);

/* The 8 bytes at this address (a multiple of 8) as main finds them; NULL: not writable bytes of the
   image, or main has not begun, or not kept because it is large. */
const unsigned char *image_initial(const struct image *image, uintptr_t address);

/* Address of a defined symbol, 0 if there is none. */
uintptr_t image_symbol(const struct image *image, const char *name);

/* May exceptions or longjmp lead to code of its own? Whoever has such code names a personality, or setjmp,
   which need not be called by name. */
bool image_catches(const struct image *image);

/* Where the function that covers the address begins and ends; false: none is known to. */
bool image_function(const struct image *image, uintptr_t address, uintptr_t *start,
                    uintptr_t *end);

/* The variable or function that covers the address, NULL if none does. */
const char *image_name(const struct image *image, uintptr_t address, uintptr_t *offset);

#endif
