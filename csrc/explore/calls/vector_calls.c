/* SPDX-License-Identifier: MIT */
/*
 * vector_calls: readv, writev and fcntl.
 *
 * One       What writev writes is gathered first: to a pipe it is one write, between whose parts no other comes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include "calls/descriptor_calls.h"
#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/hidden.h"
#include "calls/output_calls.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

enum { MOST_BYTES = 8192, MOST_PARTS = 64 };

/* All bytes of the parts; fails what is too much. */
static size_t look_at_parts(const struct iovec *parts, int count, const char *call,
                            uint32_t site) {
    size_t total = 0;

    if (count < 0 || count > MOST_PARTS)
        runtime_fail(FAILURE_UNSUPPORTED, site, "%s of more than %d parts", call,
                     MOST_PARTS);
    access_ask_block(ACTION_READ, parts, (size_t)count * sizeof *parts, site);
    for (int i = 0; i < count; i++)
        total += parts[i].iov_len;
    if (total > MOST_BYTES)
        runtime_fail(FAILURE_UNSUPPORTED, site, "%s of more than %d bytes", call,
                     MOST_BYTES);
    return total;
}

SERVE(ssize_t, writev, (int descriptor, const struct iovec *parts, int count)) {
    uint32_t site = SITE;
    char bytes[MOST_BYTES];
    size_t total = look_at_parts(parts, count, "writev", site), at = 0;

    runtime_used_stack(sizeof bytes);
    for (int i = 0; i < count; at += parts[i++].iov_len) {
        access_ask_block(ACTION_READ, parts[i].iov_base, parts[i].iov_len, site);
        if (parts[i].iov_len)
            memcpy(bytes + at, parts[i].iov_base, parts[i].iov_len);
    }
    return output_write(descriptor, bytes, total, "writev", site);
}

SERVE_READ(ssize_t, readv, (int descriptor, const struct iovec *parts, int count)) {
    uint32_t site = NOTED_SITE;
    char bytes[MOST_BYTES];
    size_t total = look_at_parts(parts, count, "readv", site), at = 0;
    ssize_t got = descriptor_read(descriptor, bytes, total, true, site);

    runtime_used_stack(sizeof bytes);
    for (int i = 0; i < count && got > 0 && at < (size_t)got; i++) {
        size_t left = (size_t)got - at;
        size_t length = parts[i].iov_len < left ? parts[i].iov_len : left;
        access_ask_block(ACTION_WRITE, parts[i].iov_base, length, site);
        if (length)
            memcpy(parts[i].iov_base, bytes + at, length);
        at += length;
    }
    return got;
}

/* --- fcntl ------------------------------------------------------------------------------- */

static int access_of(const struct descriptor *descriptor) {
    switch (descriptor->kind) {
    case READ_END:
    case INPUT_FILE:
        return O_RDONLY;
    case WRITE_END:
    case OUTPUT_FILE:
        return O_WRONLY;
    default:
        return O_RDWR;
    }
}

/* Of standard input, output and error: nothing about them changes here. */
static int of_standard(int command) { return command == F_GETFL ? O_RDWR : 0; }

SERVE(int, fcntl, (int number, int command, int flags)) {
    uint32_t site = SITE;
    const struct descriptor *descriptor = descriptor_find(number);

    hidden_verb("fcntl");
    if (command != F_GETFD && command != F_SETFD && command != F_GETFL &&
        command != F_SETFL)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "fcntl(%d) of others than flags is not modelled", command);
    if (!descriptor)
        return number >= 0 && number < DESCRIPTOR_FIRST ? of_standard(command)
                                                        : (int)descriptor_fails(EBADF);
    if (!descriptor_name_is_open(number, site))
        return -1;
    if (command == F_GETFL)
        return access_of(descriptor) | (descriptor_waits(number, site) ? 0 : O_NONBLOCK);
    if (command == F_SETFL)
        descriptor_set_waits(number, !(flags & O_NONBLOCK), site);
    return 0;
}

const struct service vector_services[] = {
    SERVICE(writev),
    SERVICE_READ(readv),
    SERVICE(fcntl),
    SERVICE_AS("fcntl64", fcntl),
    {0},
};
