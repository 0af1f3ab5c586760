/* SPDX-License-Identifier: MIT */
/*
 * epoll_calls: epoll, as one of the ways to wait for descriptors (waiting_calls.c).
 *
 * Entries   Hidden locations: how many were made, and three for each: what is watched, the word that is
 *           told, whether something new came (edges.h). One lock keeps changes apart.
 * Told      What is so; with EPOLLET only if something new came. Nothing of what was closed.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/edges.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "calls/waiting_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static uintptr_t watched(int watch, unsigned entry) {
    return descriptor_location(watch, ENTRIES + ENTRY_LOCATIONS * entry);
}

static uintptr_t told(int watch, unsigned entry) {
    return descriptor_location(watch, ENTRIES + ENTRY_LOCATIONS * entry + 1);
}

/* A program that tells itself the number writes half of the word. What is in the other half may differ
 * from run to run: it is kept, but no value of the search. */
static uint64_t half_told[DESCRIPTORS][ENTRIES_EACH];

static void tell(int watch, unsigned at, int number, uint64_t word, uint32_t site) {
    bool is_half = (uint32_t)word == (uint32_t)number;

    half_told[watch][at] = is_half ? word : 0;
    hidden_store(told(watch, at), is_half ? (uint32_t)word : word, site);
}

static uint64_t entry_of(int number, uint32_t events) {
    return (uint64_t)events << 32 | (uint32_t)(number + 1);
}

static int number_of(uint64_t entry) { return (int)(uint32_t)entry - 1; }

static bool is_watch(int number) {
    const struct descriptor *found = descriptor_find(number);
    return found && found->kind == WATCH;
}

SERVE(int, epoll_create1, (int flags)) {
    uint32_t site = SITE;
    (void)flags;
    return descriptor_make((struct descriptor){.kind = WATCH, .waits = true}, site);
}

/* Which entry is for a descriptor; as many as there are: none. */
static unsigned find_entry(int watch, int number, unsigned entries, uint32_t site) {
    unsigned at = 0;

    while (at < entries &&
           number_of(hidden_load(watched(watch, at), HIDDEN_ALWAYS, site)) != number)
        at++;
    return at;
}

/* Zero, or why not. */
static int change(int watch, int what, int number, const struct epoll_event *event,
                  uint32_t site) {
    uintptr_t count = descriptor_location(watch, COUNT);
    unsigned entries = (unsigned)hidden_load(count, HIDDEN_ALWAYS, site);
    unsigned at = find_entry(watch, number, entries, site);
    bool is_there = at < entries;

    if (is_there != (what != EPOLL_CTL_ADD))
        return is_there ? EEXIST : ENOENT;
    if (!is_there)
        at = find_entry(watch, -1, entries, site);
    if (at == ENTRIES_EACH)
        runtime_fail(FAILURE_UNSUPPORTED, site, "epoll of more than %d descriptors",
                     ENTRIES_EACH);
    if (is_there)
        edge_unwatch(descriptor_find(number)->pipe, watch, at, site);
    if (what != EPOLL_CTL_DEL)
        tell(watch, at, number, event->data.u64, site);
    if (what != EPOLL_CTL_DEL && event->events & EPOLLET)
        edge_watch(descriptor_find(number)->pipe, watch, at, site);
    hidden_store(watched(watch, at),
                 what == EPOLL_CTL_DEL ? 0 : entry_of(number, event->events), site);
    if (at == entries)
        hidden_store(count, entries + 1, site);
    return 0;
}

SERVE(int, epoll_ctl, (int watch, int what, int number, struct epoll_event *event)) {
    uint32_t site = SITE;
    uint64_t is_free = 0;

    hidden_verb("epoll_ctl");
    if (!is_watch(watch) || !descriptor_find(number))
        return (int)descriptor_fails(EBADF);
    if (!descriptor_name_is_open(watch, site) || !descriptor_name_is_open(number, site))
        return -1;
    if (descriptor_of_file(number))
        return (int)descriptor_fails(EPERM);
    if (is_watch(number) || what < EPOLL_CTL_ADD || what > EPOLL_CTL_MOD)
        return (int)descriptor_fails(EINVAL);
    if (what != EPOLL_CTL_DEL) {
        access_ask_block(ACTION_READ, event, sizeof *event, site);
        if (event->events &
            ~(uint32_t)(EPOLLIN | EPOLLOUT | EPOLLONESHOT | EPOLLERR | EPOLLHUP |
                        EPOLLRDHUP | EPOLLPRI | EPOLLWAKEUP | EPOLLET))
            runtime_fail(FAILURE_UNSUPPORTED, site,
                         "epoll of one waiter (EPOLLEXCLUSIVE) is not modelled");
    }
    hidden_cas(descriptor_location(watch, LOCK), &is_free, 1, HIDDEN_WHEN(0), site);
    int error = change(watch, what, number, event, site);
    hidden_store(descriptor_location(watch, LOCK), 0, site);
    return error ? (int)descriptor_fails(error) : 0;
}

/* Whether an entry has something to tell; one that tells once is then without events. */
static uint32_t look_at_entry(int watch, unsigned at, uint32_t site) {
    uint64_t entry = hidden_poll_load(watched(watch, at), ORDER_ACQUIRE, site);
    uint32_t events = (uint32_t)(entry >> 32);

    if ((events & ~(uint32_t)(EPOLLONESHOT | EPOLLET)) == 0 ||
        !descriptor_thing_is_there(number_of(entry), site))
        return 0;
    short found = waiting_look(number_of(entry), (short)(events & (POLLIN | POLLOUT)),
                               HIDDEN_ALWAYS, site);
    if (found && events & EPOLLET && !edge_take(watch, at, site))
        return 0;
    if (found && events & EPOLLONESHOT &&
        !hidden_update(watched(watch, at), &entry, entry_of(number_of(entry), 0), site))
        return 0; /* another thread was told */
    return (uint32_t)found;
}

static int look_at_entries(int watch, struct epoll_event *events, int room,
                           uint32_t site) {
    int ready = 0;
    unsigned entries = (unsigned)hidden_poll_load(descriptor_location(watch, COUNT),
                                                  ORDER_ACQUIRE, site);

    for (unsigned at = 0; at < entries && ready < room; at++) {
        uint32_t found = look_at_entry(watch, at, site);
        if (!found)
            continue;
        struct epoll_event event = {.events = found};
        event.data.u64 = hidden_load(told(watch, at), HIDDEN_ALWAYS, site);
        if ((uint32_t)half_told[watch][at] == event.data.u64)
            event.data.u64 = half_told[watch][at];
        access_ask_block(ACTION_WRITE, &events[ready], sizeof event, site);
        events[ready++] = event;
    }
    return ready;
}

SERVE_READ(int, epoll_wait,
           (int watch, struct epoll_event *events, int room, int milliseconds)) {
    uint32_t site = NOTED_SITE;
    int ready;

    hidden_verb("epoll_wait");
    if (!is_watch(watch))
        return (int)descriptor_fails(EBADF);
    if (room < 1)
        return (int)descriptor_fails(EINVAL);
    if (!descriptor_name_is_open(watch, site))
        return -1;
    if (milliseconds > 0)
        waiting_sleep(milliseconds, site);
    do
        ready = look_at_entries(watch, events, room, site);
    while (ready == 0 && milliseconds < 0);
    return ready;
}

const struct service epoll_services[] = {
    SERVICE(epoll_create1),
    SERVICE_AS("epoll_create", epoll_create1),
    SERVICE(epoll_ctl),
    SERVICE_READ(epoll_wait),
    {"epoll_pwait", (const void *)stub_epoll_wait},
    {0},
};
