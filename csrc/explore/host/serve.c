/* SPDX-License-Identifier: MIT */
/* serve: see serve.h. */
#define _GNU_SOURCE
#include "host/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t child, was_asked;

/* Who asks before the search has begun means that search. */
static void pass_on(int number) {
    was_asked = 1;
    if (child)
        kill((pid_t)child, number);
}

static void with_signals(int how) {
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(how, &set, NULL);
}

static void read_exactly(void *to, size_t bytes) {
    char *at = to;

    while (bytes) {
        ssize_t count = read(STDIN_FILENO, at, bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) /* nobody has a question any more */
            _exit(0);
        at += count;
        bytes -= (size_t)count;
    }
}

static char **words_of(char *text, size_t bytes, int *count) {
    size_t words = 0, at = 0;

    for (size_t i = 0; i < bytes; i++)
        words += text[i] == '\0';
    char **found = calloc(words + 1, sizeof *found);
    if (!found)
        abort();
    for (size_t i = 0; i < words; i++) {
        found[i] = text + at;
        at += strlen(text + at) + 1;
    }
    *count = (int)words;
    return found;
}

/* `alive` is readable when the child has ended. Standard input that ends takes it along. */
static int wait_for_child(int alive) {
    struct pollfd ends[] = {{.fd = alive, .events = POLLIN}, {.fd = STDIN_FILENO}};
    int status;

    for (;;) {
        if (poll(ends, 2, -1) < 0)
            continue;
        if (ends[0].revents)
            break;
        if (ends[1].revents & (POLLHUP | POLLERR | POLLNVAL)) {
            kill((pid_t)child, SIGKILL);
            _exit(0);
        }
    }
    while (waitpid((pid_t)child, &status, 0) < 0)
        if (errno != EINTR)
            abort();
    return status;
}

static void say_end(int status) {
    char line[64];
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    /* A line of its own, whatever was cut off before it. */
    int length =
        snprintf(line, sizeof line, "\n{\"type\":\"end\",\"status\":%d}\n", code);

    for (ssize_t at = 0; at < length;) {
        ssize_t count = write(STDOUT_FILENO, line + at, (size_t)(length - at));
        if (count < 0 && errno != EINTR)
            _exit(0);
        at += count > 0 ? count : 0;
    }
}

static void begin_child(pid_t parent) {
    int nothing = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    dup2(nothing, STDIN_FILENO);
    close(nothing);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
}

char **serve(int *count) {
    pid_t parent = getpid();
    struct sigaction action = {.sa_handler = pass_on};

    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN);
    for (;;) {
        uint32_t bytes;
        int alive[2];
        read_exactly(&bytes, sizeof bytes);
        char *text = malloc(bytes + 1);
        if (!text || pipe2(alive, O_CLOEXEC) != 0)
            abort();
        read_exactly(text, bytes);
        with_signals(SIG_BLOCK);
        child = fork();
        if (child < 0)
            abort();
        if (child == 0) {
            begin_child(parent);
            return words_of(text, bytes, count);
        }
        if (was_asked)
            kill((pid_t)child, SIGTERM);
        with_signals(SIG_UNBLOCK);
        close(alive[1]);
        free(text);
        int status = wait_for_child(alive[0]);
        child = was_asked = 0;
        close(alive[0]);
        say_end(status);
    }
}

void serve_listen(void) { with_signals(SIG_UNBLOCK); }
