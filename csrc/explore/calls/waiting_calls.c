/* SPDX-License-Identifier: MIT */
/*
 * waiting_calls: waiting for descriptors: poll, select, epoll.
 *
 * Time      With a time limit, or without descriptors, it is a sleep that looks once; without a limit it
 *           looks again and again, which the search takes for waiting (spin.h).
 * One       Waiting for one descriptor is a guard: it wakes when there is something.
 * epoll     Hidden locations: how many entries were made, and two for each, what is watched and the word that
 *           is told. One lock keeps changes apart. It is told what is so (level); edges are refused.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include "calls/descriptors.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static void sleep_for(int64_t milliseconds, uint32_t site) {
    own_clock_sleep(&runtime_thread()->clock, (uint64_t)milliseconds * 1000000u);
    thread_yield(site);
}

/* What there is of what is wanted; with a guard only once there is something to read. */
static short look_at(int number, short wanted, struct hidden_guard guard, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);
    short found = wanted & POLLOUT; /* there is always room */

    if ((number >= 0 && number < DESCRIPTOR_FIRST) ||
        (descriptor && descriptor->kind >= INPUT_FILE))
        return wanted & (POLLIN | POLLOUT);
    if (!descriptor || descriptor->kind == WATCH)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "waiting for descriptor %d: only files, pipes and eventfd can be "
                     "modelled",
                     number);
    if (!(wanted & POLLIN))
        return found;
    uintptr_t counter = descriptor_location(descriptor->pipe, COUNT);
    uint64_t count = guard.kind == GUARD_NONE || found
                         ? hidden_poll_load(counter, ORDER_ACQUIRE, site)
                         : hidden_load(counter, guard, site);
    bool is_closed = descriptor->kind == READ_END && count & PIPE_IS_CLOSED;
    if (is_closed ? count != PIPE_IS_CLOSED : count != 0)
        found |= POLLIN;
    return (short)(found | (is_closed ? POLLHUP : 0));
}

/* --- poll and select --------------------------------------------------------------------- */

static int look(struct pollfd *wanted, nfds_t count, struct hidden_guard guard,
                uint32_t site) {
    int ready = 0;

    for (nfds_t i = 0; i < count; i++) {
        short found =
            wanted[i].fd < 0 ? 0 : look_at(wanted[i].fd, wanted[i].events, guard, site);
        access_ask_block(ACTION_WRITE, &wanted[i].revents, sizeof found, site);
        wanted[i].revents = found;
        ready += found != 0;
    }
    return ready;
}

static int wait_for(struct pollfd *wanted, nfds_t count, int64_t milliseconds,
                    uint32_t site) {
    int ready;

    hidden_verb("poll");
    access_ask_block(ACTION_READ, wanted, count * sizeof *wanted, site);
    if (milliseconds > 0)
        sleep_for(milliseconds, site);
    if (milliseconds < 0 && count == 0)
        runtime_fail(FAILURE_DEADLOCK, site, "a thread waits for ever, for nothing");
    if (milliseconds < 0 && count == 1)
        return look(wanted, count, HIDDEN_UNLESS(0), site);
    do
        ready = look(wanted, count, HIDDEN_ALWAYS, site);
    while (ready == 0 && milliseconds < 0);
    return ready;
}

SERVE_READ(int, poll, (struct pollfd * wanted, nfds_t count, int milliseconds)) {
    return wait_for(wanted, count, milliseconds, NOTED_SITE);
}

SERVE_READ(int, ppoll,
           (struct pollfd * wanted, nfds_t count, const struct timespec *limit,
            const void *mask)) {
    uint32_t site = NOTED_SITE;
    (void)mask;
    if (limit)
        access_ask_block(ACTION_READ, limit, sizeof *limit, site);
    return wait_for(wanted, count,
                    limit ? (int64_t)limit->tv_sec * 1000 + limit->tv_nsec / 1000000 : -1,
                    site);
}

/* One round over three sets: what there is replaces what was wanted only if that is something. */
static int look_at_sets(int count, fd_set *in, fd_set *out, fd_set *found,
                        uint32_t site) {
    int ready = 0;

    FD_ZERO(&found[0]);
    FD_ZERO(&found[1]);
    for (int i = 0; i < count; i++) {
        short wanted = (short)((in && FD_ISSET(i, in) ? POLLIN : 0) |
                               (out && FD_ISSET(i, out) ? POLLOUT : 0));
        short is = wanted ? look_at(i, wanted, HIDDEN_ALWAYS, site) : 0;
        if (is & (POLLIN | POLLHUP) && wanted & POLLIN) {
            FD_SET(i, &found[0]);
            ready++;
        }
        if (is & POLLOUT) {
            FD_SET(i, &found[1]);
            ready++;
        }
    }
    return ready;
}

static void put_set(fd_set *to, const fd_set *found, uint32_t site) {
    if (!to)
        return;
    access_ask_block(ACTION_WRITE, to, sizeof *to, site);
    *to = *found;
}

static int select_of(int count, fd_set *in, fd_set *out, fd_set *other,
                     int64_t milliseconds, uint32_t site) {
    fd_set found[2], none;
    int ready;

    hidden_verb("select");
    for (int i = 0; i < 3; i++) {
        const fd_set *set = i == 0 ? in : i == 1 ? out : other;
        if (set)
            access_ask_block(ACTION_READ, set, sizeof *set, site);
    }
    if (milliseconds > 0)
        sleep_for(milliseconds, site);
    if (milliseconds < 0 && count == 0)
        runtime_fail(FAILURE_DEADLOCK, site, "select waits for ever, for nothing");
    do
        ready = look_at_sets(count, in, out, found, site);
    while (ready == 0 && milliseconds < 0);
    FD_ZERO(&none);
    put_set(in, &found[0], site);
    put_set(out, &found[1], site);
    put_set(other, &none, site);
    return ready;
}

SERVE_READ(int, select,
           (int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *limit)) {
    uint32_t site = NOTED_SITE;
    int64_t milliseconds = -1;

    if (limit) {
        access_ask_block(ACTION_READ, limit, sizeof *limit, site);
        milliseconds = (int64_t)limit->tv_sec * 1000 + limit->tv_usec / 1000;
    }
    return select_of(count, in, out, other, milliseconds, site);
}

/* --- epoll ------------------------------------------------------------------------------- */

enum { WATCHED = PIPE_PIECES / 2 };

static uintptr_t watched(int watch, unsigned entry) {
    return descriptor_location(watch, SLOTS + 2 * entry);
}

static uintptr_t told(int watch, unsigned entry) {
    return descriptor_location(watch, SLOTS + 2 * entry + 1);
}

/* A program that tells itself the number writes half of the word. What is in the other half may differ
 * from run to run: it is kept, but no value of the search. */
static uint64_t half_told[DESCRIPTORS][WATCHED];

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
    if (at == WATCHED)
        runtime_fail(FAILURE_UNSUPPORTED, site, "epoll of more than %d descriptors",
                     WATCHED);
    if (what != EPOLL_CTL_DEL)
        tell(watch, at, number, event->data.u64, site);
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
    if (descriptor_of_file(number))
        return (int)descriptor_fails(EPERM);
    if (is_watch(number) || what < EPOLL_CTL_ADD || what > EPOLL_CTL_MOD)
        return (int)descriptor_fails(EINVAL);
    if (what != EPOLL_CTL_DEL) {
        access_ask_block(ACTION_READ, event, sizeof *event, site);
        if (event->events & ~(uint32_t)(EPOLLIN | EPOLLOUT | EPOLLONESHOT | EPOLLERR |
                                        EPOLLHUP | EPOLLRDHUP | EPOLLPRI | EPOLLWAKEUP))
            runtime_fail(FAILURE_UNSUPPORTED, site,
                         "epoll of edges (EPOLLET) or of one waiter (EPOLLEXCLUSIVE) is "
                         "not modelled");
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

    if ((events & ~(uint32_t)EPOLLONESHOT) == 0)
        return 0;
    short found = look_at(number_of(entry), (short)(events & (POLLIN | POLLOUT)),
                          HIDDEN_ALWAYS, site);
    if (found && events & EPOLLONESHOT &&
        !hidden_cas(watched(watch, at), &entry, entry_of(number_of(entry), 0),
                    HIDDEN_ALWAYS, site))
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
    if (milliseconds > 0)
        sleep_for(milliseconds, site);
    do
        ready = look_at_entries(watch, events, room, site);
    while (ready == 0 && milliseconds < 0);
    return ready;
}

const struct service waiting_services[] = {
    SERVICE_READ(poll),
    SERVICE_READ(ppoll),
    SERVICE_READ(select),
    SERVICE(epoll_create1),
    SERVICE_AS("epoll_create", epoll_create1),
    SERVICE(epoll_ctl),
    SERVICE_READ(epoll_wait),
    {"epoll_pwait", (const void *)stub_epoll_wait},
    {0},
};
