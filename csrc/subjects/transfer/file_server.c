/* SPDX-License-Identifier: MIT */
/*
 * file_server: one file over HTTP/1.1 to many clients at once, by event_step.
 *
 * Why       The event-loop form among real peers: keep-alive, ranges, clients that read slowly
 *           or go away. It is what the property tests cannot have: curl at the other end.
 * Usage     file_server FILE; prints its port on 127.0.0.1, serves until stdin ends.
 * Speaks    GET and HEAD with one "Range: bytes=A-B" (B or A may be missing), keep-alive.
 *           Requests that do not fit into 4 KiB are dropped with their connection.
 * Header    goes out with MSG_MORE when a body follows, so that both share a packet.
 * Loop      edge-triggered; a connection that has stopped at EAGAIN is stepped at its next
 *           event. Nothing waits for one client.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "event_send.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUEST_BYTES 4096
#define EVENTS 64

struct connection {
    struct event_send body; /* body.count is 0 between two requests */
    off_t offset;
    size_t filled;
    bool sending;
    char request[REQUEST_BYTES + 1];
};

static int file, loop, listener;

static void watch(int descriptor, uint32_t events, void *data) {
    struct epoll_event event = {.events = events, .data.ptr = data};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, descriptor, &event) != 0)
        perror("epoll_ctl");
}

static void drop(struct connection *c) {
    close(c->body.out);
    free(c);
}

/* Reads "bytes=A-B" into first and last; false if there is none or it makes no sense. */
static bool parse_range(const char *request, off_t size, off_t *first, off_t *last) {
    const char *line = strcasestr(request, "\r\nRange: bytes=");
    if (!line)
        return false;
    const char *at = line + strlen("\r\nRange: bytes=");
    char *end;
    if (*at == '-') {
        long long tail = strtoll(at + 1, &end, 10);
        *first = tail < size ? size - tail : 0;
        *last = size - 1;
        return tail > 0;
    }
    *first = strtoll(at, &end, 10);
    *last = *end == '-' && end[1] >= '0' && end[1] <= '9' ? strtoll(end + 1, NULL, 10)
                                                          : size - 1;
    if (*last >= size)
        *last = size - 1;
    return true;
}

static int send_header(struct connection *c, const char *status, off_t length,
                       const char *extra, bool body) {
    char header[512];
    int n =
        snprintf(header, sizeof header,
                 "HTTP/1.1 %s\r\nContent-Length: %lld\r\nAccept-Ranges: bytes\r\n%s\r\n",
                 status, (long long)length, extra);
    int flags = MSG_NOSIGNAL | (body && length > 0 ? MSG_MORE : 0);
    /* A fresh connection has room for 512 bytes; who has none left has not read for long. */
    return send(c->body.out, header, (size_t)n, flags) == n ? 0 : -1;
}

static int begin_answer(struct connection *c) {
    struct stat status;
    char extra[128] = "";
    bool get = strncmp(c->request, "GET ", 4) == 0;
    if ((!get && strncmp(c->request, "HEAD ", 5) != 0) || fstat(file, &status) != 0)
        return -1;
    off_t first = 0, last = status.st_size - 1;
    bool ranged = parse_range(c->request, status.st_size, &first, &last);
    if (ranged && (first > last || first >= status.st_size))
        return send_header(c, "416 Range Not Satisfiable", 0, "", false);
    if (ranged)
        snprintf(extra, sizeof extra, "Content-Range: bytes %lld-%lld/%lld\r\n",
                 (long long)first, (long long)last, (long long)status.st_size);
    off_t length = last - first + 1;
    const char *line = ranged ? "206 Partial Content" : "200 OK";
    if (send_header(c, line, length, extra, get) != 0)
        return -1;
    c->offset = first;
    c->body.offset = &c->offset;
    c->body.in = file;
    c->body.moved = 0;
    c->body.count = get ? (size_t)length : 0;
    c->sending = get && length > 0;
    return 0;
}

/* Takes the first request out of the buffer and begins its answer; 0: none is complete. */
static int next_request(struct connection *c) {
    char *end = strstr(c->request, "\r\n\r\n");
    if (!end)
        return c->filled == REQUEST_BYTES ? -1 : 0;
    end[2] = '\0';
    if (begin_answer(c) != 0)
        return -1;
    size_t used = (size_t)(end + 4 - c->request);
    memmove(c->request, end + 4, c->filled - used + 1);
    c->filled -= used;
    return 1;
}

/* Reads what is there; false when the client has gone. */
static bool read_requests(struct connection *c) {
    while (c->filled < REQUEST_BYTES) {
        ssize_t n =
            recv(c->body.out, c->request + c->filled, REQUEST_BYTES - c->filled, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        c->filled += (size_t)n;
        c->request[c->filled] = '\0';
    }
    return true;
}

static bool serve(struct connection *c) {
    bool open = read_requests(c);
    for (;;) {
        if (c->sending) {
            enum event_state state = event_step(&c->body);
            if (state == EVENT_LATER)
                return true; /* also when the client has said all: it may still listen */
            /* A file that was cut cannot give what the header has promised. */
            if (state == EVENT_FAILED || c->body.moved < c->body.count)
                return false;
            c->sending = false;
        }
        int found = next_request(c);
        if (found < 0)
            return false;
        if (found > 0)
            continue;
        /* Only a buffer that was full may have left something unread. */
        size_t before = c->filled;
        open = open && read_requests(c);
        if (c->filled == before)
            return open;
    }
}

static void welcome(void) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c) {
            close(client);
            continue;
        }
        c->body.out = client;
        watch(client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
    }
}

static int listen_somewhere(void) {
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, length) != 0 ||
        listen(listener, 512) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &length) != 0)
        return -1;
    printf("%d\n", ntohs(at.sin_port));
    return fflush(stdout);
}

static void run(void) {
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].data.ptr == &loop)
                return; /* stdin has ended */
            if (events[i].data.ptr == &listener)
                welcome();
            else if (!serve(c))
                drop(c);
        }
    }
}

int main(int argc, char **argv) {
    file = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    loop = epoll_create1(EPOLL_CLOEXEC);
    signal(SIGPIPE, SIG_IGN); /* a program of its own may: sendfile has no MSG_NOSIGNAL */
    if (file < 0 || loop < 0 || listen_somewhere() != 0) {
        perror(argc == 2 ? argv[1] : "usage: file_server FILE");
        return 1;
    }
    watch(listener, EPOLLIN, &listener);
    watch(STDIN_FILENO, EPOLLIN | EPOLLHUP, &loop);
    run();
    return 0;
}
