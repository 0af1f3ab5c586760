/* SPDX-License-Identifier: MIT */
/* deadline: see deadline.h. */
#define _GNU_SOURCE
#include "host/deadline.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "program/crash.h"

#define MOMENT_S 0.2    /* for the estimate, for the output */
#define INTERVAL_S 0.02 /* in which who is busy is taken off */
enum { PATIENCE = 15 }; /* intervals, then it is over */

static struct {
    volatile sig_atomic_t *hurry;
    void (*give_up)(void);
    volatile sig_atomic_t is_interrupted, late, is_writing, is_limited;
} deadline;

static void alarm_in(double seconds) {
    time_t whole = (time_t)seconds;
    struct timeval first = {whole, (suseconds_t)((seconds - (double)whole) * 1e6)};
    struct timeval then = {0, (suseconds_t)(INTERVAL_S * 1e6)};
    struct itimerval timer = {.it_value = first, .it_interval = then};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_alarm(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    if (deadline.late >= PATIENCE && !deadline.is_writing)
        deadline.give_up();
    *deadline.hurry = 1;
    deadline.late++;
    crash_take_off(context);
}

static void on_interrupt(int number, siginfo_t *info, void *context) {
    deadline.is_interrupted = deadline.is_limited = 1;
    alarm_in(INTERVAL_S);
    on_alarm(number, info, context);
}

void deadline_begin(double budget_s, volatile sig_atomic_t *hurry,
                    void (*give_up)(void)) {
    struct sigaction action = {.sa_sigaction = on_alarm,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};

    deadline.hurry = hurry;
    deadline.give_up = give_up;
    sigaddset(&action.sa_mask, SIGPROF);
    sigaction(SIGALRM, &action, NULL);
    action.sa_sigaction = on_interrupt;
    sigaddset(&action.sa_mask, SIGALRM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    deadline.is_limited = budget_s > 0;
    if (budget_s > 0)
        alarm_in(budget_s);
}

void deadline_end(void) {
    static const struct itimerval never;

    setitimer(ITIMER_REAL, &never, NULL);
    deadline.is_interrupted = deadline.late = deadline.is_writing = deadline.is_limited =
        0;
}

void deadline_next(void) {
    if (!deadline.is_limited)
        return;
    alarm_in(MOMENT_S);
    *deadline.hurry = 0;
    deadline.late = 0;
}

void deadline_writes(bool is_writing) { deadline.is_writing = is_writing; }

bool deadline_was_interrupted(void) { return deadline.is_interrupted; }

void deadline_of_parent(int parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (parent && getppid() != parent)
        _exit(EXIT_FAILURE); /* it has died before that */
}
