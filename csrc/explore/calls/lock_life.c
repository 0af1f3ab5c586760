/* SPDX-License-Identifier: MIT */
/* lock_life: see lock_life.h. */
#include "calls/lock_life.h"

#include <string.h>

#include "calls/hidden.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/runtime.h"

static const uint64_t BEGUN = 0x8C5F3A61D2E94B07u, ENDED = 0x3B92E6F1487AC5D8u;

/* The last 16 bytes: a mark, and where it was initialised. A spin lock has room for half a mark. */
static uint64_t read_mark(struct lock_object lock) {
    uint64_t mark = 0;
    size_t bytes = lock.bytes < 16 ? lock.bytes : sizeof mark;

    memcpy(&mark, (char *)lock.address + lock.bytes - (lock.bytes < 16 ? bytes : 16),
           bytes);
    return mark;
}

static uint64_t mark_of(struct lock_object lock, uint64_t what) {
    uint64_t mark = (uintptr_t)lock.address ^ what;
    return lock.bytes < 8 ? mark & UINT32_MAX : mark;
}

static void write_mark(struct lock_object lock, uint64_t mark, uint64_t site) {
    char *end = (char *)lock.address + lock.bytes;

    if (lock.bytes < 16) {
        memcpy(end - lock.bytes, &mark, lock.bytes);
        return;
    }
    memcpy(end - 16, &mark, sizeof mark);
    memcpy(end - 8, &site, sizeof site);
}

static uint32_t site_of(struct lock_object lock) {
    uint64_t site = 0;
    if (lock.bytes >= 16)
        memcpy(&site, (char *)lock.address + lock.bytes - 8, sizeof site);
    return (uint32_t)site;
}

static void must_be_there(struct lock_object lock, const char *verb, uint32_t site) {
    if (!lock.address)
        runtime_fail(FAILURE_WILD_ACCESS, site, "%s a %s through a null pointer", verb,
                     lock.name);
    if (!access_may_be_atomic(lock.address, lock.bytes))
        runtime_fail(FAILURE_WILD_ACCESS, site,
                     "%s a %s at %#lx, where the program has no memory", verb, lock.name,
                     (unsigned long)(uintptr_t)lock.address);
}

void lock_life_was_destroyed(struct lock_object lock, const char *verb, uint32_t site) {
    if (read_mark(lock) == mark_of(lock, ENDED))
        runtime_fail(FAILURE_MISUSE, site, "%s a %s that was destroyed", verb, lock.name);
}

/* 1: destroyed. */
static uintptr_t life_of(struct lock_object lock) {
    return runtime_hidden((const char *)lock.address + 1);
}

/* Nothing that a reader of a trace wants to see. */
static bool was_told_destroyed(struct lock_object lock, uint32_t site) {
    const char *shown = the_runtime->verb;

    hidden_verb("");
    bool was_told = hidden_load(life_of(lock), HIDDEN_ALWAYS, site) != 0;
    hidden_verb(shown);
    return was_told;
}

void lock_life_used(struct lock_object lock, const char *verb, uint32_t site) {
    must_be_there(lock, verb, site);
    hidden_use(lock.address, site);
    if (lock.has_beside && the_runtime->destroys_locks && was_told_destroyed(lock, site))
        lock_life_was_destroyed(lock, verb, site);
}

static void tell_destroyed(struct lock_object lock, bool is_destroyed, uint32_t site) {
    const char *shown = the_runtime->verb;

    hidden_verb("");
    hidden_store(life_of(lock), is_destroyed, site);
    hidden_verb(shown);
}

/* Whether the lock that is there is the one that is initialised now. */
static bool is_the_same(struct lock_object lock, uint32_t site) {
    const struct image *image = &the_runtime->image;
    uintptr_t offset, before = site_of(lock);

    if (read_mark(lock) != mark_of(lock, BEGUN))
        return false;
    if (!layout_is_stack((uintptr_t)lock.address))
        return true;
    if (before == site || before == 0 || site == 0)
        return false;
    const char *here = image_name(image, image->base + site - 1, &offset);
    return here && here == image_name(image, image->base + before - 1, &offset);
}

void lock_life_begins(struct lock_object lock, uint64_t value, uint32_t site) {
    must_be_there(lock, "initialises", site);
    hidden_store(runtime_hidden(lock.address), value, site);
    if (lock.has_beside && the_runtime->destroys_locks)
        tell_destroyed(lock, false, site);
    /* Last: the bytes are written before the thread's next action. */
    access_ask_block(ACTION_WRITE, lock.address, lock.bytes, site);
    if (is_the_same(lock, site))
        runtime_fail(FAILURE_MISUSE, site,
                     "initialises a %s that is initialised already and was not destroyed",
                     lock.name);
    memset(lock.address, 0, lock.bytes);
    write_mark(lock, mark_of(lock, BEGUN), site);
}

void lock_life_ends(struct lock_object lock, uint32_t site) {
    lock_life_used(lock, "destroys", site);
    access_ask_block(ACTION_WRITE, lock.address, lock.bytes, site);
    lock_life_was_destroyed(lock, "destroys", site);
    write_mark(lock, mark_of(lock, ENDED), site);
    if (lock.has_beside)
        tell_destroyed(lock, true, site);
}
