/* SPDX-License-Identifier: MIT */
/* streams: see streams.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "streams.h"

#include "descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1;
static struct sockaddr_in listening_at;

static int listen_once(void) {
    if (listener >= 0)
        return 0;
    listener = descriptor_keep(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    listening_at.sin_family = AF_INET;
    listening_at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof listening_at;
    if (bind(listener, (struct sockaddr *)&listening_at, length) != 0)
        return -1;
    if (getsockname(listener, (struct sockaddr *)&listening_at, &length) != 0)
        return -1;
    return listen(listener, 64);
}

static void set_buffer(int socket, int option, int bytes) {
    if (bytes > 0)
        setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof bytes);
}

/* near = sending or receiving end of the subject, far = the peer's. */
int stream_tcp(const struct fault_case *the_case, int *near, int *far) {
    static const struct linger no_wait = {.l_onoff = 1, .l_linger = 0};
    if (listen_once() != 0)
        return -1;
    *far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_buffer(*far, SO_RCVBUF, the_case->receive_buffer);
    if (*far < 0 || connect(*far, (struct sockaddr *)&listening_at, sizeof listening_at))
        return -1;
    *near = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (*near < 0)
        return -1;
    setsockopt(*near, SOL_SOCKET, SO_LINGER, &no_wait, sizeof no_wait);
    set_buffer(*near, SO_SNDBUF, the_case->send_buffer);
    return 0;
}

int stream_unix(const struct fault_case *the_case, int *near, int *far) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    set_buffer(pair[0], SO_SNDBUF, the_case->send_buffer);
    *near = pair[0];
    *far = pair[1];
    return 0;
}

int stream_pipe(const struct fault_case *the_case, int *reader, int *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    if (the_case->pipe_bytes > 0)
        fcntl(ends[1], F_SETPIPE_SZ, the_case->pipe_bytes);
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}
