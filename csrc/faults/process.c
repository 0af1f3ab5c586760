/* SPDX-License-Identifier: MIT */
/* process: see process.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "process.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMERS 3
#define SIGNALS 32 /* those of real time are nobody's */

struct look {
    char folder[PATH_MAX];
    mode_t mask;
    int armed[TIMERS];
    struct rlimit limits[RLIM_NLIMITS];
    void (*handlers[SIGNALS])(int);
};

static struct look before, now;
static const int timers[TIMERS] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

static void look(struct look *seen) {
    memset(seen, 0, sizeof *seen);
    if (getcwd(seen->folder, sizeof seen->folder) == NULL)
        seen->folder[0] = '\0';
    seen->mask = umask(0);
    umask(seen->mask);
    for (int i = 0; i < TIMERS; i++) {
        struct itimerval timer;
        seen->armed[i] = getitimer((__itimer_which_t)timers[i], &timer) == 0 &&
                         (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0);
    }
    for (unsigned which = 0; which < RLIM_NLIMITS; which++)
        if (which != RLIMIT_FSIZE)
            getrlimit((__rlimit_resource_t)which, &seen->limits[which]);
    for (int number = 1; number < SIGNALS; number++) {
        struct sigaction action;
        if (number != SIGPIPE && number != SIGALRM &&
            sigaction(number, NULL, &action) == 0)
            seen->handlers[number] = action.sa_handler;
    }
}

void process_begin(void) { look(&before); }

bool process_changed(void) {
    static const struct itimerval off;
    look(&now);
    if (memcmp(&before, &now, sizeof now) == 0)
        return false;
    (void)!chdir(before.folder);
    umask(before.mask);
    for (int i = 0; i < TIMERS; i++)
        setitimer((__itimer_which_t)timers[i], &off, NULL);
    return true;
}
