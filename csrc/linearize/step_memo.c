/* SPDX-License-Identifier: MIT */
#include "step_memo.h"

#include "hash.h"

#include <stdlib.h>

#define FIRST_CAPACITY ((size_t)1024)

struct entry {
    int64_t state;
    int64_t next;
    uint32_t code;
    uint32_t used;
};

struct step_memo {
    struct entry *entries;
    size_t capacity, count;
};

static struct entry *entry_of(struct entry *entries, size_t capacity, int64_t state,
                              uint32_t code) {
    size_t at =
        (size_t)hash_mix((uint64_t)state * 0x9e3779b97f4a7c15u + code) & (capacity - 1);
    while (entries[at].used && (entries[at].state != state || entries[at].code != code))
        at = (at + 1) & (capacity - 1);
    return &entries[at];
}

static int grow(struct step_memo *memo) {
    size_t capacity = 2 * memo->capacity;
    struct entry *entries = calloc(capacity, sizeof *entries);
    if (!entries)
        return 0;
    for (size_t i = 0; i < memo->capacity; i++) {
        struct entry *old = &memo->entries[i];
        if (old->used)
            *entry_of(entries, capacity, old->state, old->code) = *old;
    }
    free(memo->entries);
    memo->entries = entries;
    memo->capacity = capacity;
    return 1;
}

struct step_memo *step_memo_open(void) {
    struct step_memo *memo = calloc(1, sizeof *memo);
    if (memo)
        memo->entries = calloc(memo->capacity = FIRST_CAPACITY, sizeof *memo->entries);
    if (memo && !memo->entries) {
        free(memo);
        return NULL;
    }
    return memo;
}

void step_memo_close(struct step_memo *memo) {
    if (memo)
        free(memo->entries);
    free(memo);
}

int64_t step_memo_ask(struct step_memo *memo, const struct linear_options *options,
                      int64_t state, uint32_t code) {
    if (2 * memo->count >= memo->capacity && !grow(memo))
        return -2;
    struct entry *entry = entry_of(memo->entries, memo->capacity, state, code);
    if (!entry->used) {
        int64_t next = options->step(options->context, state, code);
        if (next < -1)
            return next;
        *entry = (struct entry){.state = state, .next = next, .code = code, .used = 1};
        memo->count++;
    }
    return entry->next;
}
