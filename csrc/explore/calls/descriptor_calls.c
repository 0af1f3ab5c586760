/* SPDX-License-Identifier: MIT */
/*
 * descriptor_calls: eventfd and pipes, and what is read, written and closed by its number.
 *
 * eventfd   One hidden location: its counter.
 * Pipe      A queue of pieces of at most seven bytes, each in a hidden location with its length, because
 *           what a read finds must come from the search. A count of pieces is what readers wait on: right
 *           whenever the lock is free, so that who finds one finds a piece, or that another was faster. The
 *           lock keeps pieces of two writers apart, as a write of up to PIPE_BUF bytes is.
 * Sockets   A pair is two such queues: each end reads its own and writes the other's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "calls/descriptor_calls.h"
#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/edges.h"
#include "calls/exit_calls.h"
#include "calls/file_places.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "calls/timer_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

enum { PIECE_BYTES = 7 };

bool descriptor_is_served(int descriptor) { return descriptor_find(descriptor) != NULL; }

/* --- eventfd ------------------------------------------------------------------------------ */

SERVE(int, eventfd, (unsigned value, int flags)) {
    uint32_t site = SITE;
    hidden_verb("eventfd");
    int made = descriptor_make((struct descriptor){.kind = EVENT,
                                                   .waits = !(flags & EFD_NONBLOCK),
                                                   .is_semaphore = flags & EFD_SEMAPHORE},
                               site);
    hidden_store(descriptor_location(made, COUNT), value, site);
    return made;
}

static long read_event(int descriptor, uint64_t *to, uint32_t site) {
    const struct descriptor *event = descriptor_find(descriptor);
    uintptr_t counter = descriptor_location(descriptor, COUNT);
    uint64_t value;

    if (descriptor_waits(descriptor, site)) {
        value = event->is_semaphore
                    ? hidden_rmw(counter, OP_SUB, 1, HIDDEN_UNLESS(0), site)
                    : hidden_rmw(counter, OP_EXCHANGE, 0, HIDDEN_UNLESS(0), site);
    } else {
        value = hidden_poll_load(counter, ORDER_ACQUIRE, site);
        while (value &&
               !hidden_update(counter, &value, event->is_semaphore ? value - 1 : 0, site))
            ;
        if (!value)
            return descriptor_fails(EAGAIN);
    }
    access_ask_block(ACTION_WRITE, to, sizeof *to, site);
    *to = event->is_semaphore ? 1 : value;
    return sizeof *to;
}

static long add_to_event(int descriptor, uint64_t value, uint32_t site) {
    if (value == UINT64_MAX)
        return descriptor_fails(EINVAL);
    uint64_t before = hidden_rmw(descriptor_location(descriptor, COUNT), OP_ADD, value,
                                 HIDDEN_ALWAYS, site);
    if (before + value < before)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "an eventfd that is full is not modelled");
    edge_tell(descriptor, site);
    return sizeof value;
}

static long write_event(int descriptor, const uint64_t *from, uint32_t site) {
    access_ask_block(ACTION_READ, from, sizeof *from, site);
    return add_to_event(descriptor, *from, site);
}

static bool is_event(int number, const char *verb, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);

    hidden_verb(verb);
    if (descriptor && descriptor->kind != EVENT)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "%s of descriptor %d, which is no eventfd", verb, number);
    if (!descriptor)
        descriptor_fails(EBADF);
    return descriptor && descriptor_name_is_open(number, site);
}

SERVE_READ(int, eventfd_read, (int number, eventfd_t *to)) {
    uint32_t site = NOTED_SITE;
    return is_event(number, "eventfd_read", site) && read_event(number, to, site) >= 0
               ? 0
               : -1;
}

SERVE(int, eventfd_write, (int number, eventfd_t value)) {
    uint32_t site = SITE;
    return is_event(number, "eventfd_write", site) &&
                   add_to_event(number, value, site) >= 0
               ? 0
               : -1;
}

/* --- pipes -------------------------------------------------------------------------------- */

static int make_pipe(int *ends, int flags, uint32_t site) {
    hidden_verb("pipe");
    bool waits = !(flags & O_NONBLOCK);
    int out =
        descriptor_make((struct descriptor){.kind = READ_END, .waits = waits}, site);
    int in = descriptor_make(
        (struct descriptor){.kind = WRITE_END, .waits = waits, .pipe = out}, site);
    access_ask_block(ACTION_WRITE, ends, 2 * sizeof *ends, site);
    ends[0] = out;
    ends[1] = in;
    return 0;
}

SERVE(int, pipe, (int *ends)) { return make_pipe(ends, 0, SITE); }
SERVE(int, pipe2, (int *ends, int flags)) { return make_pipe(ends, flags, SITE); }

static void lock_pipe(int pipe, uint32_t site) {
    uint64_t free_value = 0;
    hidden_verb("");
    hidden_cas(descriptor_location(pipe, LOCK), &free_value, 1, HIDDEN_WHEN(0), site);
}

static void unlock_pipe(int pipe, const char *verb, uint32_t site) {
    hidden_store(descriptor_location(pipe, LOCK), 0, site);
    hidden_verb(verb);
}

static uintptr_t slot(int pipe, uint64_t number) {
    return descriptor_location(pipe, SLOTS + (unsigned)(number % PIPE_PIECES));
}

/* Nobody reads what would be written: a signal, unless it is ignored. */
static long break_pipe(const char *verb, uint32_t site) {
    exit_raise(SIGPIPE, verb, site);
    return descriptor_fails(EPIPE);
}

static long write_pipe(int pipe, const char *from, size_t bytes, bool is_quiet,
                       uint32_t site) {
    uint64_t pieces = (bytes + PIECE_BYTES - 1) / PIECE_BYTES;

    access_ask_block(ACTION_READ, from, bytes, site);
    lock_pipe(pipe, site);
    if (hidden_load(descriptor_location(pipe, NO_READER), HIDDEN_ALWAYS, site)) {
        unlock_pipe(pipe, "write", site);
        return is_quiet ? descriptor_fails(EPIPE)
                        : break_pipe("write to what nobody reads, like kill", site);
    }
    uint64_t tail = hidden_load(descriptor_location(pipe, TAIL), HIDDEN_ALWAYS, site);
    uint64_t head = hidden_load(descriptor_location(pipe, HEAD), HIDDEN_ALWAYS, site);
    if (tail - head + pieces > PIPE_PIECES)
        runtime_fail(FAILURE_UNSUPPORTED, site, "a pipe that is full is not modelled");
    for (size_t done = 0; done < bytes; done += PIECE_BYTES, tail++) {
        size_t length = bytes - done < PIECE_BYTES ? bytes - done : PIECE_BYTES;
        uint64_t piece = (uint64_t)length << 56;
        memcpy(&piece, from + done, length);
        hidden_store(slot(pipe, tail), piece, site);
    }
    hidden_store(descriptor_location(pipe, TAIL), tail, site);
    hidden_rmw(descriptor_location(pipe, COUNT), OP_ADD, pieces, HIDDEN_ALWAYS, site);
    unlock_pipe(pipe, "write", site);
    edge_tell(pipe, site);
    return (long)bytes;
}

/* Takes what there is, up to so many bytes; the rest of a piece stays. */
static size_t take_bytes(int pipe, char *to, size_t room, uint64_t *pieces,
                         uint32_t site) {
    size_t taken = 0;
    uint64_t head = hidden_load(descriptor_location(pipe, HEAD), HIDDEN_ALWAYS, site);
    uint64_t tail = hidden_load(descriptor_location(pipe, TAIL), HIDDEN_ALWAYS, site);

    for (*pieces = 0; head != tail && taken < room;) {
        uint64_t piece = hidden_load(slot(pipe, head), HIDDEN_ALWAYS, site);
        size_t length = piece >> 56;
        size_t used = length < room - taken ? length : room - taken;
        memcpy(to + taken, &piece, used);
        taken += used;
        if (used < length) {
            uint64_t rest = 0;
            memcpy(&rest, (const char *)&piece + used, length - used);
            hidden_store(slot(pipe, head), rest | (uint64_t)(length - used) << 56, site);
            break;
        }
        head++;
        ++*pieces;
    }
    hidden_store(descriptor_location(pipe, HEAD), head, site);
    return taken;
}

static long read_pipe(int pipe, char *to, size_t room, bool waits, uint32_t site) {
    char bytes[PIPE_PIECES * PIECE_BYTES];
    uint64_t pieces;

    for (;;) {
        uint64_t count =
            waits
                ? hidden_load(descriptor_location(pipe, COUNT), HIDDEN_UNLESS(0), site)
                : hidden_poll_load(descriptor_location(pipe, COUNT), ORDER_ACQUIRE, site);
        if (count == 0)
            return descriptor_fails(EAGAIN);
        if (count == PIPE_IS_CLOSED)
            return 0;
        lock_pipe(pipe, site);
        size_t taken = take_bytes(pipe, bytes, room < sizeof bytes ? room : sizeof bytes,
                                  &pieces, site);
        if (pieces)
            hidden_rmw(descriptor_location(pipe, COUNT), OP_SUB, pieces, HIDDEN_ALWAYS,
                       site);
        unlock_pipe(pipe, "read", site);
        if (taken == 0)
            continue; /* another reader was faster */
        access_ask_block(ACTION_WRITE, to, taken, site);
        memcpy(to, bytes, taken);
        return (long)taken;
    }
}

/* --- reading, writing, closing ------------------------------------------------------------ */

long descriptor_read(int number, void *to, size_t bytes, bool waits, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);

    hidden_verb("read");
    if (number == STDIN_FILENO) {
        the_runtime->asked |= ASKED_INPUT;
        return 0;
    }
    if (!descriptor)
        runtime_fail(
            FAILURE_UNSUPPORTED, site,
            "read from descriptor %d: only files, pipes, pairs of sockets, timers "
            "and eventfd can be modelled",
            number);
    if (!descriptor_name_is_open(number, site))
        return -1;
    if (descriptor->kind >= INPUT_FILE)
        return file_read(number, to, bytes, site);
    if (descriptor->kind == EVENT)
        return bytes < sizeof(uint64_t) ? descriptor_fails(EINVAL)
                                        : read_event(number, to, site);
    if (descriptor->kind == TIMER)
        return bytes < sizeof(uint64_t) ? descriptor_fails(EINVAL)
                                        : timer_read(number, to, site);
    if (descriptor->kind == WRITE_END)
        return descriptor_fails(EBADF);
    if (descriptor->kind == WATCH)
        return descriptor_fails(EINVAL);
    return bytes ? read_pipe(descriptor->pipe, to, bytes,
                             waits && descriptor_waits(number, site), site)
                 : 0;
}

SERVE_READ(ssize_t, read, (int number, void *to, size_t bytes)) {
    return descriptor_read(number, to, bytes, true, NOTED_SITE);
}

long descriptor_write(int number, const void *from, size_t bytes, bool is_quiet,
                      uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);

    hidden_verb("write");
    if (!descriptor_name_is_open(number, site))
        return -1;
    if (descriptor->kind >= INPUT_FILE)
        return file_write(number, from, bytes, site);
    if (descriptor->kind == EVENT)
        return bytes < sizeof(uint64_t) ? descriptor_fails(EINVAL)
                                        : write_event(number, from, site);
    if (descriptor->kind == READ_END)
        return descriptor_fails(EBADF);
    if (descriptor->kind == WATCH || descriptor->kind == TIMER)
        return descriptor_fails(EINVAL);
    int pipe = descriptor->kind == SOCKET ? descriptor->peer : descriptor->pipe;
    return bytes ? write_pipe(pipe, from, bytes, is_quiet, site) : 0;
}

/* Who reads finds the end behind what there is; who writes finds nobody. */
static void end_writing(int pipe, uint32_t site) {
    hidden_rmw(descriptor_location(pipe, COUNT), OP_OR, PIPE_IS_CLOSED, HIDDEN_ALWAYS,
               site);
    edge_tell(pipe, site);
}

static void end_reading(int pipe, uint32_t site) {
    hidden_store(descriptor_location(pipe, NO_READER), 1, site);
}

int descriptor_shut(int number, bool reading, bool writing, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);

    if (writing)
        end_writing(descriptor->peer, site);
    if (reading) {
        end_reading(number, site);
        end_writing(number, site);
    }
    return 0;
}

int descriptor_close(int number, uint32_t site) {
    const struct descriptor *descriptor = descriptor_find(number);

    if (!descriptor)
        return number >= 0 && number < DESCRIPTOR_FIRST ? 0
                                                        : (int)descriptor_fails(EBADF);
    hidden_verb("close");
    enum closing closing = descriptor_name_close(number, site);
    if (closing != WAS_LAST)
        return closing == OTHERS_STAY ? 0 : (int)descriptor_fails(EBADF);
    if (descriptor->kind >= INPUT_FILE)
        return file_close(number, site);
    if (descriptor->kind == WRITE_END)
        end_writing(descriptor->pipe, site);
    if (descriptor->kind == READ_END)
        end_reading(descriptor->pipe, site);
    if (descriptor->kind == SOCKET) {
        end_writing(descriptor->peer, site);
        end_reading(number, site);
    }
    return 0;
}

SERVE(int, close, (int number)) { return descriptor_close(number, SITE); }

const struct service descriptor_services[] = {
    SERVICE(eventfd), SERVICE_READ(eventfd_read), SERVICE(eventfd_write), SERVICE(pipe),
    SERVICE(pipe2),   SERVICE_READ(read),         SERVICE(close),         {0},
};
