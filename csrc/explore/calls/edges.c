/* SPDX-License-Identifier: MIT */
/* edges: see edges.h. */
#include "calls/edges.h"

#include "calls/descriptors.h"
#include "calls/hidden.h"
#include "failure.h"
#include "program/runtime.h"

/* A watcher: 16 bits of the word, the number of the epoll and above it the entry, counted from 1. */
enum { WATCHER_BITS = 16, ENTRY_SHIFT = 10, MOST_WATCHERS = 64 / WATCHER_BITS };

_Static_assert(DESCRIPTORS < 1 << ENTRY_SHIFT, "a descriptor's number fits");
_Static_assert(ENTRIES_EACH < 1 << (WATCHER_BITS - ENTRY_SHIFT), "an entry fits");

/* Where an entry is told that something new came: not 0. */
static uintptr_t edge_location(int watch, unsigned entry) {
    return descriptor_location(watch, ENTRIES + ENTRY_LOCATIONS * entry + 2);
}

static uint64_t watcher(int watch, unsigned entry) {
    return (uint64_t)watch | (uint64_t)(entry + 1) << ENTRY_SHIFT;
}

static uint64_t watcher_at(uint64_t word, unsigned place) {
    return word >> place * WATCHER_BITS & ((1u << WATCHER_BITS) - 1);
}

void edge_tell(int descriptor, uint32_t site) {
    uint64_t word =
        hidden_load(descriptor_location(descriptor, WATCHERS), HIDDEN_ALWAYS, site);

    for (unsigned place = 0; place < MOST_WATCHERS; place++) {
        uint64_t told = watcher_at(word, place);
        if (told)
            hidden_rmw(edge_location((int)(told & ((1 << ENTRY_SHIFT) - 1)),
                                     (unsigned)(told >> ENTRY_SHIFT) - 1),
                       OP_OR, 1, HIDDEN_ALWAYS, site);
    }
}

/* Puts `to` where `from` is in the word: from 0, a free place. False: there is none. */
static bool exchange(int descriptor, uint64_t from, uint64_t to, uint32_t site) {
    uintptr_t watchers = descriptor_location(descriptor, WATCHERS);
    uint64_t word = hidden_load(watchers, HIDDEN_ALWAYS, site);

    for (unsigned place = 0; place < MOST_WATCHERS;) {
        if (watcher_at(word, place) != from) {
            place++;
            continue;
        }
        if (hidden_update(watchers, &word, word ^ (from ^ to) << place * WATCHER_BITS,
                          site))
            return true;
        place = 0;
    }
    return false;
}

void edge_watch(int descriptor, int watch, unsigned entry, uint32_t site) {
    hidden_store(edge_location(watch, entry), 1, site);
    if (!exchange(descriptor, 0, watcher(watch, entry), site))
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "more than %d watchers of the edges of one descriptor",
                     MOST_WATCHERS);
    hidden_rmw(descriptor_location(descriptor, COUNT), OP_ADD, 0, HIDDEN_ALWAYS, site);
}

void edge_unwatch(int descriptor, int watch, unsigned entry, uint32_t site) {
    exchange(descriptor, watcher(watch, entry), 0, site);
}

bool edge_take(int watch, unsigned entry, uint32_t site) {
    uintptr_t edge = edge_location(watch, entry);
    uint64_t said = hidden_poll_load(edge, ORDER_ACQUIRE, site);

    return said && hidden_update(edge, &said, 0, site);
}
