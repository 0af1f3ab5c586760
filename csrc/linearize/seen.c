/* SPDX-License-Identifier: MIT */
#include "seen.h"

#include <stdlib.h>

#define FIRST_CAPACITY ((size_t)1024)

static struct hash *slot_of(struct hash *slots, size_t capacity, struct hash hash) {
    size_t at = (size_t)hash.half[0] & (capacity - 1);
    while ((slots[at].half[0] || slots[at].half[1]) &&
           (slots[at].half[0] != hash.half[0] || slots[at].half[1] != hash.half[1]))
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static int grow(struct seen *seen) {
    size_t capacity = seen->capacity ? 2 * seen->capacity : FIRST_CAPACITY;
    if (seen->max_bytes && capacity * sizeof *seen->slots > seen->max_bytes)
        return 0;
    struct hash *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return 0;
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->slots[i].half[0] || seen->slots[i].half[1])
            *slot_of(slots, capacity, seen->slots[i]) = seen->slots[i];
    free(seen->slots);
    seen->slots = slots;
    seen->capacity = capacity;
    return 1;
}

enum seen_answer seen_add(struct seen *seen, struct hash hash) {
    hash.half[0] |= !hash.half[0] && !hash.half[1]; /* all zero means free */
    if (2 * seen->count >= seen->capacity && !grow(seen))
        return SEEN_FULL;
    struct hash *slot = slot_of(seen->slots, seen->capacity, hash);
    if (slot->half[0] || slot->half[1])
        return SEEN_BEFORE;
    *slot = hash;
    seen->count++;
    return SEEN_NEW;
}

void seen_free(struct seen *seen) {
    free(seen->slots);
    *seen = (struct seen){.max_bytes = seen->max_bytes};
}
