/* SPDX-License-Identifier: MIT */
/* serve: see serve.h. */
#define _GNU_SOURCE
#include "host/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NOBODY_ASKS = 100, /* how a child ends when standard input has */
    ENOUGH = 101,      /* ... and when it has answered so many that another shall */
    SEARCHES = 500
};

static volatile sig_atomic_t child, was_asked;
/* Of the child that lives: how much of its processor time has been told. The two share it. */
static double *told_s;

static double processor_s(const struct rusage *usage) {
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           1e-6 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static void pass_on(int number) {
    was_asked = 1;
    if (child)
        kill((pid_t)child, number);
}

/* In a child that has not begun: it is told when it has. */
static void remember(int number) {
    (void)number;
    was_asked = 1;
}

/* It has said that it has begun, or nobody would ask. */
static void pass_on_later(int number) {
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
        if (count <= 0)
            _exit(NOBODY_ASKS);
        at += count;
        bytes -= (size_t)count;
    }
}

static char **read_words(int *count) {
    static char *text;
    static char **found;
    uint32_t bytes;
    size_t words = 0;

    read_exactly(&bytes, sizeof bytes);
    free(text);
    free(found);
    text = malloc((size_t)bytes + 1);
    if (!text)
        abort();
    read_exactly(text, bytes);
    text[bytes] = '\0';
    for (size_t i = 0; i < bytes; i++)
        words += text[i] == '\0';
    found = calloc(words + 1, sizeof *found);
    if (!found)
        abort();
    *count = (int)words;
    for (size_t i = 0, at = 0; i < words; i++) {
        found[i] = text + at;
        at += strlen(text + at) + 1;
    }
    return found;
}

static void say_end(int status, const struct rusage *usage) {
    char line[96];
    double now_s = processor_s(usage);
    /* A line of its own, whatever was cut off before it. */
    int length = snprintf(line, sizeof line,
                          "\n{\"type\":\"end\",\"status\":%d,\"processor_s\":%.6f}\n",
                          status, now_s - *told_s);

    *told_s = now_s;
    for (ssize_t at = 0; at < length;) {
        ssize_t count = write(STDOUT_FILENO, line + at, (size_t)(length - at));
        if (count < 0 && errno != EINTR)
            _exit(NOBODY_ASKS);
        at += count > 0 ? count : 0;
    }
}

static void begin_child(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(NOBODY_ASKS);
    signal(SIGTERM, remember);
    with_signals(SIG_UNBLOCK);
}

/* Until it ends: what the end means, or that another one shall go on. */
static void watch_child(void) {
    struct rusage usage;
    int status;

    while (wait4((pid_t)child, &status, 0, &usage) < 0)
        if (errno != EINTR)
            abort();
    child = 0;
    if (!WIFEXITED(status))
        say_end(-WTERMSIG(status), &usage);
    else if (WEXITSTATUS(status) == NOBODY_ASKS)
        _exit(0);
    else if (WEXITSTATUS(status) != ENOUGH)
        say_end(WEXITSTATUS(status), &usage);
}

char **serve(int *count) {
    pid_t parent = getpid();
    struct sigaction action = {.sa_handler = pass_on};

    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = pass_on_later;
    sigaction(SIGUSR1, &action, NULL);
    signal(SIGINT, SIG_IGN);
    told_s = mmap(NULL, sizeof *told_s, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told_s == MAP_FAILED)
        abort();
    for (;;) {
        *told_s = 0;
        with_signals(SIG_BLOCK);
        child = fork();
        if (child < 0)
            abort();
        if (child == 0) {
            begin_child(parent);
            return read_words(count);
        }
        if (was_asked)
            kill((pid_t)child, SIGTERM);
        with_signals(SIG_UNBLOCK);
        watch_child();
    }
}

char **serve_next(int *count) {
    static unsigned searches;
    struct rusage usage;

    signal(SIGTERM, remember);
    signal(SIGINT, SIG_IGN);
    getrusage(RUSAGE_SELF, &usage);
    say_end(0, &usage);
    if (++searches == SEARCHES)
        _exit(ENOUGH);
    return read_words(count);
}

void serve_listen(void) {
    if (was_asked)
        raise(SIGTERM);
}
