/* SPDX-License-Identifier: MIT */
/* late_write: see late_write.h. */
#include "program/late_write.h"

#include <string.h>

#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"
#include "program/store_ahead.h"

static size_t kept_bytes(const struct late_write *late) {
    return late->length <= LATE_WRITE_BYTES ? late->length : 0;
}

static void keep_before(struct late_write *late) {
    memcpy(late->before, (const void *)late->start, kept_bytes(late));
}

/* What the program's call had noted before other threads ran. */
struct noted {
    struct spin_entry entry;
    const char *verb;
    uint32_t last_site;
    bool is_entered;
};

static struct noted note(void) {
    return (struct noted){spin_entry, the_runtime->verb, the_runtime->last_site,
                          runtime_thread()->is_entered};
}

static void noted_again(const struct noted *noted) {
    spin_entry = noted->entry;
    the_runtime->verb = noted->verb;
    the_runtime->last_site = noted->last_site;
    runtime_thread()->is_entered = noted->is_entered;
}

static void settle_at_once(const struct late_write *late) {
    struct action *action =
        access_plain(ACTION_WRITE, (void *)late->start, late->length, late->site);

    if (!action)
        return;
    action->flags = (uint8_t)(action->flags | late->flags);
    runtime_ask();
}

static void settle_in_pieces(void *memory, size_t length, const unsigned char *stored,
                             uint32_t site) {
    for (size_t at = 0, piece; at < length; at += piece) {
        char *to = (char *)memory + at;
        piece = access_piece((uintptr_t)to, length - at);
        access_ask(ACTION_WRITE, to, piece, site);
        memcpy(to, stored + at, piece);
    }
}

/* Asks the write that was put off. */
static void settle(void) {
    struct late_write *late = &runtime_thread()->late;
    unsigned char stored[LATE_WRITE_BYTES];
    void *memory = (void *)late->start;
    size_t kept = kept_bytes(late);

    runtime_thread()->ask_first = NULL;
    struct noted noted = note();
    memcpy(stored, memory, kept);
    memcpy(memory, late->before, kept);
    if (access_tears(memory, late->length))
        settle_in_pieces(memory, late->length, stored, late->site);
    else
        settle_at_once(late);
    memcpy(memory, stored, kept);
    noted_again(&noted);
}

/* The code does not change, so each place is read once. */
static bool is_stored_next(uint32_t site) {
    struct code_read *read = &the_runtime->code_read[site % RUNTIME_CODE_READ];

    if (read->site != site)
        *read = (struct code_read){site, store_ahead(the_runtime->image.base + site)};
    return read->stores;
}

bool late_write_put_off(const void *address, size_t length, unsigned flags,
                        uint32_t site) {
    struct late_write *late = &runtime_thread()->late;

    if (!site || !length || !access_may_be_atomic(address, length) ||
        (is_stored_next(site) && !access_tears(address, length)))
        return false;
    if (runtime_thread()->ask_first)
        runtime_thread()->ask_first();
    runtime_thread()->ask_first = settle;
    late->start = (uintptr_t)address;
    late->length = length;
    late->site = site;
    late->flags = (uint8_t)flags;
    late->is_read = false;
    keep_before(late);
    return true;
}

bool late_write_hold(const void *address, size_t length) {
    struct late_write *late = &runtime_thread()->late;
    uintptr_t start = (uintptr_t)address;
    bool overlaps = start < late->start + late->length && late->start < start + length;

    if (runtime_thread()->ask_first != settle || late->is_read || overlaps)
        return false;
    runtime_thread()->ask_first = NULL;
    return true;
}

void late_write_let_go(void) {
    struct late_write *late = &runtime_thread()->late;

    runtime_thread()->ask_first = settle;
    late->is_read = true;
    keep_before(late);
}

static bool asked_in_pieces(enum action_kind kind, void *memory, size_t bytes,
                            uint32_t site) {
    if (!access_tears(memory, bytes) || runtime_thread()->ask_first)
        return false;
    if (kind == ACTION_WRITE)
        return late_write_put_off(memory, bytes, 0, site);
    access_read_in_pieces(memory, bytes, ACTION_BETWEEN, site);
    return true;
}

void late_write_block(enum action_kind kind, void *memory, size_t bytes, uint32_t site) {
    bool holds = kind == ACTION_READ && late_write_hold(memory, bytes);
    struct action *action = asked_in_pieces(kind, memory, bytes, site)
                                ? NULL
                                : access_plain(kind, memory, bytes, site);
    if (action) {
        action->flags |=
            ACTION_BETWEEN | (the_runtime->races_allowed ? 0 : ACTION_PRIVATE);
        runtime_ask();
    }
    if (holds)
        late_write_let_go();
}
