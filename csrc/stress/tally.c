/* SPDX-License-Identifier: MIT */
/* tally: see tally.h */
#include "tally.h"

#include "memory.h"

#include <string.h>

#define TALLY_CAPACITY 2048u

static uint64_t hash_of(const int64_t *slots, uint32_t width) {
    uint64_t hash = 0x2545f4914f6cdd1du;
    for (uint32_t i = 0; i < width; i++) {
        hash = (hash ^ (uint64_t)slots[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash == 0 ? 1 : hash;
}

static bool same(const int64_t *a, const int64_t *b, uint32_t width) {
    for (uint32_t i = 0; i < width; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

bool tally_init(struct tally *tally, uint32_t width) {
    *tally = (struct tally){.capacity = TALLY_CAPACITY, .width = width};
    tally->hashes = memory_pages(TALLY_CAPACITY * sizeof *tally->hashes);
    tally->counts = memory_pages(TALLY_CAPACITY * sizeof *tally->counts);
    tally->order = memory_pages(TALLY_CAPACITY * sizeof *tally->order);
    tally->slots = memory_pages((size_t)TALLY_CAPACITY * width * sizeof *tally->slots);
    return tally->hashes != NULL && tally->counts != NULL && tally->order != NULL &&
           tally->slots != NULL;
}

void tally_clear(struct tally *tally) {
    for (uint32_t i = 0; i < tally->used; i++)
        tally->hashes[tally->order[i]] = 0;
    tally->used = 0;
    tally->missed = 0;
}

static void tally_new(struct tally *tally, uint32_t at, uint64_t hash,
                      const int64_t *slots) {
    /* A quarter stays free, so that a search for a stranger ends soon. */
    if (tally->used >= tally->capacity / 4 * 3) {
        tally->missed++;
        return;
    }
    tally->hashes[at] = hash;
    tally->counts[at] = 1;
    tally->order[tally->used++] = at;
    memcpy(tally->slots + (size_t)at * tally->width, slots, tally->width * sizeof *slots);
    tally->last = at;
}

void tally_count(struct tally *tally, const int64_t *slots) {
    uint32_t width = tally->width, last = tally->last;
    if (tally->hashes[last] != 0 &&
        same(tally->slots + (size_t)last * width, slots, width)) {
        tally->counts[last]++;
        return;
    }
    uint64_t hash = hash_of(slots, width);
    uint32_t mask = tally->capacity - 1;
    for (uint32_t at = (uint32_t)hash & mask;; at = (at + 1) & mask) {
        if (tally->hashes[at] == 0) {
            tally_new(tally, at, hash, slots);
            return;
        }
        if (tally->hashes[at] == hash &&
            same(tally->slots + (size_t)at * width, slots, width)) {
            tally->counts[at]++;
            tally->last = at;
            return;
        }
    }
}

struct entry {
    uint64_t hash, count;
    int64_t slots[];
};

static struct entry *entry_at(const struct outcomes *outcomes, uint32_t number) {
    return (struct entry *)(void *)(outcomes->entries + number * outcomes->entry_bytes);
}

bool tally_outcomes_init(struct outcomes *outcomes, unsigned char *entries, size_t bytes,
                         uint32_t width, _Atomic uint32_t *entry_count) {
    size_t entry_bytes = sizeof(struct entry) + width * sizeof(int64_t);
    *outcomes = (struct outcomes){.entries = entries,
                                  .entry_bytes = entry_bytes,
                                  .capacity = (uint32_t)(bytes / entry_bytes),
                                  .width = width,
                                  .index_capacity = 1024,
                                  .entry_count = entry_count};
    while (outcomes->index_capacity < outcomes->capacity * 2)
        outcomes->index_capacity *= 2;
    outcomes->index = memory_pages(outcomes->index_capacity * sizeof *outcomes->index);
    atomic_store_explicit(entry_count, 0, memory_order_release);
    return outcomes->index != NULL && outcomes->capacity > 0;
}

/* The entry with these slots, a new one where there is none yet; NULL if there is no room. */
static struct entry *entry_for(struct outcomes *outcomes, uint64_t hash,
                               const int64_t *slots, uint32_t *first_seen) {
    uint32_t mask = outcomes->index_capacity - 1;
    uint32_t at = (uint32_t)hash & mask;
    for (; outcomes->index[at] != 0; at = (at + 1) & mask) {
        struct entry *entry = entry_at(outcomes, outcomes->index[at] - 1);
        if (entry->hash == hash && same(entry->slots, slots, outcomes->width))
            return entry;
    }
    uint32_t count = atomic_load_explicit(outcomes->entry_count, memory_order_relaxed);
    if (count >= outcomes->capacity)
        return NULL;
    struct entry *entry = entry_at(outcomes, count);
    entry->hash = hash;
    entry->count = 0;
    memcpy(entry->slots, slots, outcomes->width * sizeof *slots);
    outcomes->index[at] = count + 1;
    atomic_store_explicit(outcomes->entry_count, count + 1, memory_order_release);
    ++*first_seen;
    return entry;
}

uint64_t tally_outcomes_add(struct outcomes *outcomes, const struct tally *tally,
                            uint32_t *first_seen) {
    uint64_t without_room = tally->missed;
    for (uint32_t i = 0; i < tally->used; i++) {
        uint32_t at = tally->order[i];
        const int64_t *slots = tally->slots + (size_t)at * tally->width;
        struct entry *entry = entry_for(outcomes, tally->hashes[at], slots, first_seen);
        if (entry == NULL)
            without_room += tally->counts[at];
        else
            entry->count += tally->counts[at];
    }
    return without_room;
}
