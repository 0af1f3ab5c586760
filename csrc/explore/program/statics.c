/* SPDX-License-Identifier: MIT */
/* statics: see statics.h. */
#include "program/statics.h"

#include <ctype.h>
#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The name behind a crate's "Cs" and number; NULL: that is no crate. */
static const char *crate_name(const char *at) {
    while (isalnum((unsigned char)*at))
        at++;
    return *at == '_' && isdigit((unsigned char)at[1]) ? at + 1 : NULL;
}

static bool is_of_library(const char *name) {
    static const char *const known[] = {"3std", "4core", "5alloc"};
    bool is_std = false;

    if (strncmp(name, "_RNv", 4) != 0)
        return false;
    for (const char *at = name; (at = strstr(at, "Cs")); at += 2) {
        const char *crate = crate_name(at + 2);
        if (!crate)
            continue;
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            is_known |= strncmp(crate, known[i], strlen(known[i])) == 0;
        if (!is_known)
            return false;
        is_std |= strncmp(crate, known[0], strlen(known[0])) == 0;
    }
    return is_std;
}

static int by_begin(const void *a, const void *b) {
    const struct explore_range *x = a, *y = b;

    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* What lies within another one is a name for it. */
static size_t apart(struct explore_range *ranges, size_t count) {
    size_t kept = 0;

    qsort(ranges, count, sizeof *ranges, by_begin);
    for (size_t i = 0; i < count; i++)
        if (kept && ranges[i].begin < ranges[kept - 1].end) {
            if (ranges[i].end > ranges[kept - 1].end)
                ranges[kept - 1].end = ranges[i].end;
        } else {
            ranges[kept++] = ranges[i];
        }
    return kept;
}

struct explore_range *statics_of_library(const struct image *image, size_t *count) {
    const Elf64_Sym *symbol = image->symbols;
    struct explore_range *found = calloc(image->symbol_count + 1, sizeof *found);
    size_t have = 0;

    if (!found)
        abort();
    for (size_t i = 0; i < image->symbol_count; i++) {
        uintptr_t start = image->base + symbol[i].st_value;
        if (ELF64_ST_TYPE(symbol[i].st_info) == STT_OBJECT && symbol[i].st_size &&
            start >= image->writable_start && start < image->writable_end &&
            is_of_library(image->strings + symbol[i].st_name))
            found[have++] = (struct explore_range){start, start + symbol[i].st_size};
    }
    *count = apart(found, have);
    return found;
}
