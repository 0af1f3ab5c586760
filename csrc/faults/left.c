/* SPDX-License-Identifier: MIT */
/* left: see left.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "left.h"

#include <heald/faults.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static sigset_t usual_mask;
static struct sigaction usual_action;

void left_begin(void) {
    pthread_sigmask(SIG_SETMASK, NULL, &usual_mask);
    sigaction(SIGPIPE, NULL, &usual_action);
}

uint32_t left_in_process(void) {
    sigset_t mask;
    struct sigaction action;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    sigaction(SIGPIPE, NULL, &action);
    uint32_t broken = 0;
    for (int number = 1; number < SIGRTMIN; number++)
        if (sigismember(&mask, number) != sigismember(&usual_mask, number))
            broken = BROKEN_SIGNALS;
    if (action.sa_handler != usual_action.sa_handler) {
        if (action.sa_handler != SIG_IGN)
            broken = BROKEN_SIGNALS;
        sigaction(SIGPIPE, &usual_action, NULL);
    }
    if (broken != 0)
        pthread_sigmask(SIG_SETMASK, &usual_mask, NULL);
    return broken;
}

static int option_of(int descriptor, int level, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : 0;
}

static int has_limit(int descriptor, int name) {
    struct timeval limit = {0, 0};
    socklen_t length = sizeof limit;
    if (getsockopt(descriptor, SOL_SOCKET, name, &limit, &length) != 0)
        return 0;
    return limit.tv_sec != 0 || limit.tv_usec != 0;
}

uint32_t left_at(int descriptor, int before, uint8_t is_socket, uint8_t is_tcp) {
    uint32_t broken = 0;
    if (before < 0)
        return 0;
    int changed = fcntl(descriptor, F_GETFL) ^ before;
    if (changed & O_NONBLOCK)
        broken |= BROKEN_FLAGS;
    if (changed & ~O_NONBLOCK)
        broken |= BROKEN_STATUS;
    if (is_socket &&
        (has_limit(descriptor, SO_SNDTIMEO) || has_limit(descriptor, SO_RCVTIMEO)))
        broken |= BROKEN_OPTIONS;
    if (is_tcp && (option_of(descriptor, IPPROTO_TCP, TCP_CORK) != 0 ||
                   option_of(descriptor, IPPROTO_TCP, TCP_NODELAY) != 0))
        broken |= BROKEN_OPTIONS;
    return broken;
}
