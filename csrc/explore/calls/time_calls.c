/* SPDX-License-Identifier: MIT */
/*
 * time_calls: clocks and sleeps.
 *
 * Why       Time must not be a source of chance: each thread has a clock of its own (own_clock.h). A sleep
 *           is a hint to the scheduler, nothing more: no order between threads follows from it.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "calls/time_calls.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static const uint64_t SECOND = 1000000000u;
static const uint64_t START = 1000000000u * (uint64_t)1000000000u; /* September 2001 */
uint64_t time_look(void) {
    the_runtime->asked |= ASKED_TIME;
    return START + own_clock_look(&runtime_thread()->clock);
}

uint32_t time_limit(const struct timespec *deadline, uint32_t site) {
    access_ask_block(ACTION_READ, deadline, sizeof *deadline, site);
    return site;
}

static void put_time(struct timespec *time, uint64_t now, uint32_t site) {
    access_ask(ACTION_WRITE, time, sizeof *time, site);
    time->tv_sec = (time_t)(now / SECOND);
    time->tv_nsec = (long)(now % SECOND);
}

static void sleep_for(uint64_t nanoseconds, uint32_t site) {
    own_clock_sleep(&runtime_thread()->clock, nanoseconds);
    thread_yield(site);
}

SERVE(int, clock_gettime, (clockid_t clock, struct timespec *time)) {
    (void)clock;
    put_time(time, time_look(), SITE);
    return 0;
}

SERVE(int, clock_getres, (clockid_t clock, struct timespec *time)) {
    (void)clock;
    if (time)
        put_time(time, 1, SITE);
    return 0;
}

SERVE(int, timespec_get, (struct timespec * time, int base)) {
    put_time(time, time_look(), SITE);
    return base;
}

SERVE(int, gettimeofday, (struct timeval * time, void *zone)) {
    uint64_t now = time_look();
    (void)zone;
    access_ask(ACTION_WRITE, time, sizeof *time, SITE);
    time->tv_sec = (time_t)(now / SECOND);
    time->tv_usec = (suseconds_t)(now % SECOND / 1000);
    return 0;
}

SERVE(time_t, time, (time_t *time)) {
    time_t now = (time_t)(time_look() / SECOND);
    if (time) {
        access_ask(ACTION_WRITE, time, sizeof *time, SITE);
        *time = now;
    }
    return now;
}

SERVE(clock_t, clock, (void)) { return (clock_t)((time_look() - START) / 1000); }

SERVE(unsigned, sleep, (unsigned seconds)) {
    sleep_for(seconds * SECOND, SITE);
    return 0;
}

SERVE(int, usleep, (useconds_t microseconds)) {
    sleep_for(microseconds * (uint64_t)1000, SITE);
    return 0;
}

static uint64_t duration(const struct timespec *time, uint32_t site) {
    access_ask_block(ACTION_READ, time, sizeof *time, site);
    return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

SERVE(int, nanosleep, (const struct timespec *wanted, struct timespec *left)) {
    uint32_t site = SITE;
    (void)left;
    sleep_for(duration(wanted, site), site);
    return 0;
}

SERVE(int, clock_nanosleep,
      (clockid_t clock, int flags, const struct timespec *wanted,
       struct timespec *left)) {
    uint32_t site = SITE;
    uint64_t until = duration(wanted, site);
    uint64_t now = START + runtime_thread()->clock.now_ns;
    (void)clock;
    (void)left;
    if (flags & TIMER_ABSTIME)
        until = until > now ? until - now : 0;
    sleep_for(until, site);
    return 0;
}

SERVE(int, thrd_sleep, (const struct timespec *wanted, struct timespec *left)) {
    uint32_t site = SITE;
    (void)left;
    sleep_for(duration(wanted, site), site);
    return 0;
}

const struct service time_services[] = {
    SERVICE(clock_gettime),   SERVICE(clock_getres), SERVICE(timespec_get),
    SERVICE(gettimeofday),    SERVICE(time),         SERVICE(clock),
    SERVICE(sleep),           SERVICE(usleep),       SERVICE(nanosleep),
    SERVICE(clock_nanosleep), SERVICE(thrd_sleep),   {0},
};
