/* SPDX-License-Identifier: MIT */
/*
 * socket_calls: pairs of connected sockets, between threads of one program.
 *
 * How       Two queues of bytes, as pipes have them (descriptor_calls.c). Others than streams, and sockets that lead
 *           out of the program, are refused by name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "calls/descriptor_calls.h"
#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

SERVE(int, socketpair, (int domain, int type, int protocol, int *ends)) {
    uint32_t site = SITE;
    int made[2];

    hidden_verb("socketpair");
    if (domain != AF_UNIX || (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
        protocol != 0)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "socketpair of others than AF_UNIX, SOCK_STREAM is not modelled");
    descriptor_make_pair(
        (struct descriptor){.kind = SOCKET, .waits = !(type & SOCK_NONBLOCK)}, made,
        site);
    access_ask_block(ACTION_WRITE, ends, 2 * sizeof *ends, site);
    ends[0] = made[0];
    ends[1] = made[1];
    return 0;
}

/* Zero, or why it cannot be done. */
static int problem_of(int number) {
    const struct descriptor *found = descriptor_find(number);
    return !found ? EBADF : found->kind != SOCKET ? ENOTSOCK : 0;
}

static void refuse_flags(int flags, const char *call, uint32_t site) {
    if (flags)
        runtime_fail(FAILURE_UNSUPPORTED, site, "%s with flags %#x is not modelled", call,
                     (unsigned)flags);
}

SERVE(ssize_t, send, (int number, const void *from, size_t bytes, int flags)) {
    uint32_t site = SITE;
    int problem = problem_of(number);

    refuse_flags(flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT), "send", site);
    return problem ? descriptor_fails(problem)
                   : descriptor_write(number, from, bytes, flags & MSG_NOSIGNAL, site);
}

SERVE_READ(ssize_t, recv, (int number, void *to, size_t bytes, int flags)) {
    uint32_t site = NOTED_SITE;
    int problem = problem_of(number);

    refuse_flags(flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT), "recv", site);
    return problem ? descriptor_fails(problem)
                   : descriptor_read(number, to, bytes, !(flags & MSG_DONTWAIT), site);
}

SERVE(int, shutdown, (int number, int how)) {
    uint32_t site = SITE;
    int problem = problem_of(number);

    hidden_verb("shutdown");
    if (problem || how < SHUT_RD || how > SHUT_RDWR)
        return (int)descriptor_fails(problem ? problem : EINVAL);
    if (!descriptor_name_is_open(number, site))
        return -1;
    return descriptor_shut(number, how != SHUT_WR, how != SHUT_RD, site);
}

const struct service socket_services[] = {
    SERVICE(socketpair), SERVICE(send), SERVICE_READ(recv), SERVICE(shutdown), {0},
};
