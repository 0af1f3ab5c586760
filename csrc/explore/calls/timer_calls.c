/* SPDX-License-Identifier: MIT */
/*
 * timer_calls: timerfd.
 *
 * Time      A timer that was set may have run out whenever somebody looks, or not yet: both are explored. Once
 *           somebody found that it has not, it has at the next look, so no loop waits for it for ever.
 * State     One hidden location: milliseconds, and what is known of them; 0: it is not set.
 * Not       How often a periodic timer ran out (1 each time it is read), and what is left of the time.
 */
#include "calls/timer_calls.h"

#include <errno.h>
#include <sys/timerfd.h>

#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/edges.h"
#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

enum { IS_SET = 1, IS_PERIODIC = 2, HAS_RUN_OUT = 4, WAS_LOOKED_AT = 8, TIME_SHIFT = 4 };

static uint64_t milliseconds(const struct timespec *time) {
    return (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_nsec / 1000000;
}

SERVE(int, timerfd_create, (int clock, int flags)) {
    uint32_t site = SITE;
    (void)clock;
    return descriptor_make(
        (struct descriptor){.kind = TIMER, .waits = !(flags & TFD_NONBLOCK)}, site);
}

static bool is_timer(int number) {
    const struct descriptor *found = descriptor_find(number);
    return found && found->kind == TIMER;
}

SERVE(int, timerfd_settime,
      (int number, int flags, const struct itimerspec *time, struct itimerspec *before)) {
    uint32_t site = SITE;

    (void)flags;
    hidden_verb("timerfd_settime");
    if (!is_timer(number))
        return (int)descriptor_fails(descriptor_find(number) ? EINVAL : EBADF);
    if (!descriptor_name_is_open(number, site))
        return -1;
    if (before)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "timerfd_settime that asks what was left is not modelled");
    access_ask_block(ACTION_READ, time, sizeof *time, site);
    bool is_set = time->it_value.tv_sec || time->it_value.tv_nsec;
    bool is_periodic = time->it_interval.tv_sec || time->it_interval.tv_nsec;
    hidden_store(descriptor_location(number, COUNT),
                 is_set ? milliseconds(&time->it_value) << TIME_SHIFT | IS_SET |
                              (is_periodic ? IS_PERIODIC : 0u)
                        : 0,
                 site);
    return 0;
}

static bool runs_out_now(uint32_t site) {
    runtime_action(ACTION_CHOOSE, site)->operand[0] = 2;
    return runtime_ask()->value[0] != 0;
}

/* A look that waits has nothing else to wait for. */
bool timer_look(int timer, struct hidden_guard guard, uint32_t site) {
    uintptr_t location = descriptor_location(timer, COUNT);
    bool waits = guard.kind != GUARD_NONE;
    uint64_t state = waits ? hidden_load(location, guard, site)
                           : hidden_poll_load(location, ORDER_ACQUIRE, site);

    while (state && !(state & HAS_RUN_OUT)) {
        bool now = waits || state & WAS_LOOKED_AT || runs_out_now(site);
        if (!hidden_update(location, &state, state | (now ? HAS_RUN_OUT : WAS_LOOKED_AT),
                           site))
            continue;
        if (now)
            edge_tell(timer, site);
        return now;
    }
    return state != 0;
}

long timer_read(int timer, uint64_t *to, uint32_t site) {
    uintptr_t location = descriptor_location(timer, COUNT);
    bool waits = descriptor_waits(timer, site);
    uint64_t state;

    do {
        if (!timer_look(timer, waits ? HIDDEN_UNLESS(0) : HIDDEN_ALWAYS, site))
            return descriptor_fails(EAGAIN);
        state = hidden_load(location, HIDDEN_ALWAYS, site);
    } while (!(state & HAS_RUN_OUT) ||
             !hidden_update(location, &state,
                            state & IS_PERIODIC
                                ? state & ~(uint64_t)(HAS_RUN_OUT | WAS_LOOKED_AT)
                                : 0,
                            site));
    own_clock_sleep(&runtime_thread()->clock, (state >> TIME_SHIFT) * 1000000u);
    thread_yield(site);
    access_ask_block(ACTION_WRITE, to, sizeof *to, site);
    *to = 1;
    return sizeof *to;
}

const struct service timer_services[] = {
    SERVICE(timerfd_create),
    SERVICE(timerfd_settime),
    {0},
};
