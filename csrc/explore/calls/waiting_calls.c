/* SPDX-License-Identifier: MIT */
/*
 * waiting_calls: waiting for descriptors: poll and select.
 *
 * Time      With a time limit, or without descriptors, it is a sleep that looks once; without a limit it
 *           looks again and again, which the search takes for waiting (spin.h).
 * One       Waiting for one descriptor is a guard: it wakes when there is something.
 * Closed    Looked for when the call begins: close wakes nobody who waits already.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "calls/timer_calls.h"
#include "calls/waiting_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

void waiting_sleep(int64_t milliseconds, uint32_t site) {
    own_clock_sleep(&runtime_thread()->clock, (uint64_t)milliseconds * 1000000u);
    thread_yield(site);
}

/* A socket that was shut in one direction is not yet hung up. */
static bool nobody_writes(int number, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);
    return descriptor->kind != SOCKET ||
           hidden_load(descriptor_location(descriptor->peer, NO_READER), HIDDEN_ALWAYS,
                       site);
}

/* Who waits to write to a pipe, or not to write, learns that nobody reads. */
static short look_at_write_end(const struct descriptor *end, short wanted,
                               uint32_t site) {
    uintptr_t location = descriptor_location(end->pipe, NO_READER);
    bool is_told = the_runtime->closes_descriptors || !(wanted & POLLOUT);

    return (short)((wanted & POLLOUT) |
                   (is_told && hidden_poll_load(location, ORDER_ACQUIRE, site) ? POLLERR
                                                                               : 0));
}

short waiting_look(int number, short wanted, struct hidden_guard guard, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);
    short found = wanted & POLLOUT; /* there is always room */

    if ((number >= 0 && number < DESCRIPTOR_FIRST) ||
        (descriptor && descriptor->kind >= INPUT_FILE))
        return wanted & (POLLIN | POLLOUT);
    if (!descriptor || descriptor->kind == WATCH)
        runtime_fail(
            FAILURE_UNSUPPORTED, site,
            "waiting for descriptor %d: only files, pipes, pairs of sockets, timers "
            "and eventfd can be modelled",
            number);
    if (descriptor->kind == TIMER && wanted & POLLIN)
        return timer_look(number, guard, site) ? POLLIN : 0;
    if (descriptor->kind == WRITE_END)
        return look_at_write_end(descriptor, wanted, site);
    if (!(wanted & POLLIN) && found && !the_runtime->closes_descriptors)
        return found;
    uintptr_t counter = descriptor_location(descriptor->pipe, COUNT);
    uint64_t count = guard.kind == GUARD_NONE || found || !(wanted & POLLIN)
                         ? hidden_poll_load(counter, ORDER_ACQUIRE, site)
                         : hidden_load(counter, guard, site);
    bool is_closed = descriptor->kind != EVENT && count & PIPE_IS_CLOSED;
    if (is_closed && descriptor->kind == READ_END ? count != PIPE_IS_CLOSED : count != 0)
        found |= wanted & POLLIN;
    return (short)(found | (is_closed && nobody_writes(number, site) ? POLLHUP : 0));
}

/* --- poll and select --------------------------------------------------------------------- */

/* A number that no thread could have made is none; of others it is known when they were closed. */
static bool is_there(int number, uint32_t site) {
    return number < DESCRIPTORS &&
           (!descriptor_find(number) || descriptor_name_is_open(number, site));
}

static int look(struct pollfd *wanted, nfds_t count, struct hidden_guard guard,
                bool is_first, uint32_t site) {
    int ready = 0;

    for (nfds_t i = 0; i < count; i++) {
        int number = wanted[i].fd;
        short found = number < 0 ? 0
                      : is_first && !is_there(number, site)
                          ? POLLNVAL
                          : waiting_look(number, wanted[i].events, guard, site);
        access_ask_block(ACTION_WRITE, &wanted[i].revents, sizeof found, site);
        wanted[i].revents = found;
        ready += found != 0;
    }
    return ready;
}

static int wait_for(struct pollfd *wanted, nfds_t count, int64_t milliseconds,
                    uint32_t site) {
    bool is_first = true;
    int ready;

    hidden_verb("poll");
    access_ask_block(ACTION_READ, wanted, count * sizeof *wanted, site);
    if (milliseconds > 0)
        waiting_sleep(milliseconds, site);
    if (milliseconds < 0 && count == 0)
        runtime_fail(FAILURE_DEADLOCK, site, "a thread waits for ever, for nothing");
    if (milliseconds < 0 && count == 1 && wanted->events & POLLIN)
        return look(wanted, count, HIDDEN_UNLESS(0), true, site);
    do {
        ready = look(wanted, count, HIDDEN_ALWAYS, is_first, site);
        is_first = false;
    } while (ready == 0 && milliseconds < 0);
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
        short is = wanted ? waiting_look(i, wanted, HIDDEN_ALWAYS, site) : 0;
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

static bool are_there(int count, const fd_set *in, const fd_set *out, const fd_set *other,
                      uint32_t site) {
    const fd_set *const sets[] = {in, out, other};

    for (int number = 0; number < count; number++)
        for (int i = 0; i < 3; i++)
            if (sets[i] && FD_ISSET(number, sets[i])) {
                if (!is_there(number, site))
                    return false;
                break;
            }
    return true;
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
    if (!are_there(count, in, out, other, site))
        return (int)descriptor_fails(EBADF);
    if (milliseconds > 0)
        waiting_sleep(milliseconds, site);
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

const struct service waiting_services[] = {
    SERVICE_READ(poll),
    SERVICE_READ(ppoll),
    SERVICE_READ(select),
    {0},
};
