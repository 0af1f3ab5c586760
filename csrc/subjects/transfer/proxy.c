/* SPDX-License-Identifier: MIT */
/*
 * proxy: a TCP proxy that never reads what it forwards: splice_all in both directions.
 *
 * Why       Socket to pipe to socket among real peers, with half-closed connections: the end of
 *           one direction is passed on, the other goes on.
 * Usage     proxy PORT; prints its own port on 127.0.0.1, forwards to PORT, ends with stdin.
 * Threads   Two for each connection, one a direction; the second to end closes both sockets.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    int ends[2];
    _Atomic int directions; /* that are still moving */
};

struct direction {
    struct pair *pair;
    int from; /* index of the end that is read */
};

static void *forward(void *argument) {
    struct direction *d = argument;
    struct pair *pair = d->pair;
    int in = pair->ends[d->from], out = pair->ends[1 - d->from];
    size_t moved;
    int result = splice_all(out, in, NULL, SIZE_MAX, &moved);
    /* After an error nobody reads any more: the other direction has to end, too. */
    shutdown(out, result == 0 ? SHUT_WR : SHUT_RDWR);
    if (result != 0)
        shutdown(in, SHUT_RDWR);
    if (atomic_fetch_sub(&pair->directions, 1) == 1) {
        close(pair->ends[0]);
        close(pair->ends[1]);
        free(pair);
    }
    free(d);
    return NULL;
}

static int start(struct pair *pair, int from) {
    pthread_t thread;
    struct direction *d = malloc(sizeof *d);
    if (!d)
        return -1;
    *d = (struct direction){pair, from};
    if (pthread_create(&thread, NULL, forward, d) != 0) {
        free(d);
        return -1;
    }
    return pthread_detach(thread);
}

static int loopback(int port, int connected) {
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = connected ? connect(made, (struct sockaddr *)&at, sizeof at)
                           : bind(made, (struct sockaddr *)&at, sizeof at);
    if (failed) {
        close(made);
        return -1;
    }
    return made;
}

static void serve(int client, int port) {
    struct pair *pair = malloc(sizeof *pair);
    int server = loopback(port, 1);
    if (!pair || server < 0) {
        free(pair);
        close(client);
        return;
    }
    *pair = (struct pair){.ends = {client, server}, .directions = 2};
    for (int from = 0; from < 2; from++)
        if (start(pair, from) != 0) {
            perror("thread");
            exit(1);
        }
}

int main(int argc, char **argv) {
    struct sockaddr_in at;
    socklen_t length = sizeof at;
    int listener = loopback(0, 0);
    if (argc != 2 || listener < 0 || listen(listener, 128) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &length) != 0) {
        perror("usage: proxy PORT");
        return 1;
    }
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        struct pollfd ready[2] = {{.fd = listener, .events = POLLIN},
                                  {.fd = 0, .events = POLLIN}};
        if (poll(ready, 2, -1) < 0)
            continue;
        if (ready[1].revents)
            return 0;
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (client >= 0)
            serve(client, atoi(argv[1]));
    }
}
