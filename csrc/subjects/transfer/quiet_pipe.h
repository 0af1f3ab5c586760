/* SPDX-License-Identifier: MIT */
/*
 * quiet_pipe: EPIPE without SIGPIPE, for calls that have no MSG_NOSIGNAL.
 *
 * Why       sendfile, splice and write raise SIGPIPE when the reader is gone, and its default
 *           is to kill the process. A library may not change the handler of its caller.
 * How       The signal is blocked in this thread during the transfer. If the transfer raised
 *           it and it was not pending before, it is taken back before the mask is restored.
 * Cost      Two system calls a transfer.
 */
#ifndef QUIET_PIPE_H
#define QUIET_PIPE_H

#include <errno.h>
#include <signal.h>
#include <time.h>

#ifndef QUIET_PIPE
#define QUIET_PIPE 1
#endif

#ifndef QUIET_PIPE_RESTORES /* 0: the signal stays blocked in the caller's thread */
#define QUIET_PIPE_RESTORES 1
#endif
#ifndef QUIET_PIPE_RESETS /* 1: from now on the process dies of the signal */
#define QUIET_PIPE_RESETS 0
#endif

struct quiet_pipe {
    sigset_t before;
    int was_pending;
};

static inline void quiet_pipe_begin(struct quiet_pipe *quiet) {
    sigset_t pipe_signal, pending;
    quiet->was_pending = 0;
    if (!QUIET_PIPE)
        return;
    if (QUIET_PIPE_RESETS)
        signal(SIGPIPE, SIG_DFL);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &quiet->before);
    if (!sigismember(&quiet->before, SIGPIPE))
        return; /* it was not blocked, so it cannot have been pending */
    sigpending(&pending);
    quiet->was_pending = sigismember(&pending, SIGPIPE);
}

/* Keeps errno. */
static inline void quiet_pipe_end(const struct quiet_pipe *quiet, int result) {
    static const struct timespec at_once = {0, 0};
    int error = errno;
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    if (!QUIET_PIPE)
        return;
    if (result != 0 && error == EPIPE && !quiet->was_pending)
        while (sigtimedwait(&pipe_signal, NULL, &at_once) < 0 && errno == EINTR)
            continue;
    if (QUIET_PIPE_RESTORES)
        pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
    errno = error;
}

#endif
