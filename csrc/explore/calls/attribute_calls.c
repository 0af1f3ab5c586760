/* SPDX-License-Identifier: MIT */
/*
 * attribute_calls: what threads, locks and barriers are made with.
 *
 * Why       The C library's own functions do it; but the objects lie in the program's memory, and two
 *           threads may use one at the same time.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/layout.h"
#include "program/runtime.h"

/* An object is made, changed or given up: written. */
#define MADE(name, type)                                                                 \
    SERVE(int, name, (type * object)) {                                                  \
        access_ask_block(ACTION_WRITE, object, sizeof *object, SITE);                    \
        return name(object);                                                             \
    }

#define SET(name, type, given)                                                           \
    SERVE(int, name, (type * object, given value)) {                                     \
        access_ask_block(ACTION_WRITE, object, sizeof *object, SITE);                    \
        return name(object, value);                                                      \
    }

#define GET(name, type, given)                                                           \
    SERVE(int, name, (const type *object, given *value)) {                               \
        uint32_t site = SITE;                                                            \
        given found;                                                                     \
        access_ask_block(ACTION_READ, object, sizeof *object, site);                     \
        int error = name(object, &found);                                                \
        if (error)                                                                       \
            return error;                                                                \
        access_ask_block(ACTION_WRITE, value, sizeof *value, site);                      \
        *value = found;                                                                  \
        return 0;                                                                        \
    }

MADE(pthread_attr_init, pthread_attr_t)
MADE(pthread_attr_destroy, pthread_attr_t)
MADE(pthread_mutexattr_init, pthread_mutexattr_t)
MADE(pthread_mutexattr_destroy, pthread_mutexattr_t)
MADE(pthread_condattr_init, pthread_condattr_t)
MADE(pthread_condattr_destroy, pthread_condattr_t)
MADE(pthread_rwlockattr_init, pthread_rwlockattr_t)
MADE(pthread_rwlockattr_destroy, pthread_rwlockattr_t)
MADE(pthread_barrierattr_init, pthread_barrierattr_t)
MADE(pthread_barrierattr_destroy, pthread_barrierattr_t)

SET(pthread_attr_setdetachstate, pthread_attr_t, int)
SET(pthread_attr_setstacksize, pthread_attr_t, size_t)
SET(pthread_attr_setguardsize, pthread_attr_t, size_t)
SET(pthread_attr_setscope, pthread_attr_t, int)
SET(pthread_attr_setinheritsched, pthread_attr_t, int)
SET(pthread_attr_setschedpolicy, pthread_attr_t, int)
SET(pthread_mutexattr_settype, pthread_mutexattr_t, int)
SET(pthread_mutexattr_setpshared, pthread_mutexattr_t, int)
SET(pthread_mutexattr_setrobust, pthread_mutexattr_t, int)
SET(pthread_mutexattr_setprotocol, pthread_mutexattr_t, int)
SET(pthread_condattr_setclock, pthread_condattr_t, clockid_t)
SET(pthread_condattr_setpshared, pthread_condattr_t, int)
SET(pthread_rwlockattr_setpshared, pthread_rwlockattr_t, int)
SET(pthread_rwlockattr_setkind_np, pthread_rwlockattr_t, int)
SET(pthread_barrierattr_setpshared, pthread_barrierattr_t, int)

GET(pthread_attr_getdetachstate, pthread_attr_t, int)
GET(pthread_attr_getstacksize, pthread_attr_t, size_t)
GET(pthread_attr_getguardsize, pthread_attr_t, size_t)
GET(pthread_mutexattr_gettype, pthread_mutexattr_t, int)
GET(pthread_mutexattr_getpshared, pthread_mutexattr_t, int)
GET(pthread_condattr_getclock, pthread_condattr_t, clockid_t)
GET(pthread_attr_getscope, pthread_attr_t, int)
GET(pthread_attr_getinheritsched, pthread_attr_t, int)
GET(pthread_attr_getschedpolicy, pthread_attr_t, int)
GET(pthread_attr_getschedparam, pthread_attr_t, struct sched_param)
GET(pthread_mutexattr_getprotocol, pthread_mutexattr_t, int)
GET(pthread_mutexattr_getrobust, pthread_mutexattr_t, int)
GET(pthread_condattr_getpshared, pthread_condattr_t, int)
GET(pthread_rwlockattr_getpshared, pthread_rwlockattr_t, int)
GET(pthread_barrierattr_getpshared, pthread_barrierattr_t, int)

/* Where threads run and who goes first is the search's choice. */
SERVE(int, pthread_attr_setschedparam,
      (pthread_attr_t * object, const struct sched_param *given)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, given, sizeof *given, site);
    access_ask_block(ACTION_WRITE, object, sizeof *object, site);
    return pthread_attr_setschedparam(object, given);
}

SERVE(int, pthread_setname_np, (pthread_t handle, const char *name)) {
    (void)handle;
    access_ask_text(name, strlen(name) + 1, SITE);
    return 0;
}

SERVE(int, pthread_setaffinity_np, (pthread_t handle, size_t bytes, const void *set)) {
    (void)handle;
    access_ask_block(ACTION_READ, set, bytes, SITE);
    return 0;
}

/* Both processors of the machine that sysconf describes. */
static int give_both(size_t bytes, void *set, uint32_t site) {
    access_ask_block(ACTION_WRITE, set, bytes, site);
    memset(set, 0, bytes);
    if (bytes)
        *(unsigned char *)set = 3;
    return 0;
}

SERVE(int, pthread_getaffinity_np, (pthread_t handle, size_t bytes, void *set)) {
    (void)handle;
    return give_both(bytes, set, SITE);
}

SERVE(int, sched_getaffinity, (int process, size_t bytes, void *set)) {
    (void)process;
    return give_both(bytes, set, SITE);
}

SERVE(int, __sched_cpucount, (size_t bytes, const void *set)) {
    const unsigned char *at = set;
    int count = 0;

    access_ask_block(ACTION_READ, set, bytes, SITE);
    for (size_t i = 0; i < bytes; i++)
        count += __builtin_popcount(at[i]);
    return count;
}

SERVE(int, pthread_setschedparam,
      (pthread_t handle, int policy, const struct sched_param *given)) {
    (void)handle;
    (void)policy;
    access_ask_block(ACTION_READ, given, sizeof *given, SITE);
    return 0;
}

SERVE(int, pthread_setschedprio, (pthread_t handle, int priority)) {
    (void)handle;
    (void)priority;
    return 0;
}

SERVE(int, pthread_getschedparam,
      (pthread_t handle, int *policy, struct sched_param *to)) {
    uint32_t site = SITE;
    (void)handle;
    access_ask(ACTION_WRITE, policy, sizeof *policy, site);
    access_ask_block(ACTION_WRITE, to, sizeof *to, site);
    *policy = SCHED_OTHER;
    *to = (struct sched_param){0};
    return 0;
}

SERVE(int, sched_get_priority_min, (int policy)) { return policy != SCHED_OTHER; }
SERVE(int, sched_get_priority_max, (int policy)) {
    return policy == SCHED_OTHER ? 0 : 99;
}

/* What a thread runs with, above all where its stack is. */
SERVE(int, pthread_getattr_np, (pthread_t handle, pthread_attr_t *to)) {
    uint32_t site = SITE;
    uint32_t thread = thread_of_handle(handle, site)->id;

    access_ask_block(ACTION_WRITE, to, sizeof *to, site);
    pthread_attr_init(to);
    return pthread_attr_setstack(
        to, (void *)(layout_stack_top(thread) - LAYOUT_STACK_BYTES), LAYOUT_STACK_BYTES);
}

SERVE(int, pthread_attr_getstack,
      (const pthread_attr_t *object, void **address, size_t *bytes)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, object, sizeof *object, site);
    access_ask(ACTION_WRITE, address, sizeof *address, site);
    access_ask(ACTION_WRITE, bytes, sizeof *bytes, site);
    return pthread_attr_getstack(object, address, bytes);
}

/* Who forks is refused, so nothing of this is ever called. */
SERVE(int, pthread_atfork, (uintptr_t before, uintptr_t parent, uintptr_t child)) {
    (void)before;
    (void)parent;
    (void)child;
    return 0;
}

SERVE(int, pthread_setcancelstate, (int state, int *old)) {
    (void)state;
    if (old) {
        access_ask_block(ACTION_WRITE, old, sizeof *old, SITE);
        *old = PTHREAD_CANCEL_ENABLE;
    }
    return 0;
}

SERVE(int, pthread_setcanceltype, (int type, int *old)) {
    (void)type;
    if (old) {
        access_ask_block(ACTION_WRITE, old, sizeof *old, SITE);
        *old = PTHREAD_CANCEL_DEFERRED;
    }
    return 0;
}

/* A request to end is refused where it is made, so none is ever there. */
SERVE(void, pthread_testcancel, (void)) {}

const struct service attribute_services[] = {
    SERVICE(pthread_attr_init),
    SERVICE(pthread_attr_destroy),
    SERVICE(pthread_mutexattr_init),
    SERVICE(pthread_mutexattr_destroy),
    SERVICE(pthread_condattr_init),
    SERVICE(pthread_condattr_destroy),
    SERVICE(pthread_rwlockattr_init),
    SERVICE(pthread_rwlockattr_destroy),
    SERVICE(pthread_barrierattr_init),
    SERVICE(pthread_barrierattr_destroy),
    SERVICE(pthread_attr_setdetachstate),
    SERVICE(pthread_attr_setstacksize),
    SERVICE(pthread_attr_setguardsize),
    SERVICE(pthread_attr_setscope),
    SERVICE(pthread_attr_setinheritsched),
    SERVICE(pthread_attr_setschedpolicy),
    SERVICE(pthread_attr_setschedparam),
    SERVICE(pthread_mutexattr_settype),
    SERVICE(pthread_mutexattr_setpshared),
    SERVICE(pthread_mutexattr_setrobust),
    SERVICE(pthread_mutexattr_setprotocol),
    SERVICE(pthread_condattr_setclock),
    SERVICE(pthread_condattr_setpshared),
    SERVICE(pthread_rwlockattr_setpshared),
    SERVICE(pthread_rwlockattr_setkind_np),
    SERVICE(pthread_barrierattr_setpshared),
    SERVICE(pthread_attr_getdetachstate),
    SERVICE(pthread_attr_getstacksize),
    SERVICE(pthread_attr_getguardsize),
    SERVICE(pthread_mutexattr_gettype),
    SERVICE(pthread_mutexattr_getpshared),
    SERVICE(pthread_condattr_getclock),
    SERVICE(pthread_attr_getscope),
    SERVICE(pthread_attr_getinheritsched),
    SERVICE(pthread_attr_getschedpolicy),
    SERVICE(pthread_attr_getschedparam),
    SERVICE(pthread_mutexattr_getprotocol),
    SERVICE(pthread_mutexattr_getrobust),
    SERVICE(pthread_condattr_getpshared),
    SERVICE(pthread_rwlockattr_getpshared),
    SERVICE(pthread_barrierattr_getpshared),
    SERVICE(pthread_getattr_np),
    SERVICE(pthread_attr_getstack),
    SERVICE(pthread_setschedparam),
    SERVICE(pthread_getschedparam),
    SERVICE(pthread_setschedprio),
    SERVICE(sched_get_priority_min),
    SERVICE(sched_get_priority_max),
    SERVICE(sched_getaffinity),
    SERVICE(__sched_cpucount),
    SERVICE_AS("__register_atfork", pthread_atfork),
    SERVICE(pthread_atfork),
    SERVICE(pthread_setname_np),
    SERVICE(pthread_setaffinity_np),
    SERVICE(pthread_getaffinity_np),
    SERVICE(pthread_setcancelstate),
    SERVICE(pthread_setcanceltype),
    SERVICE(pthread_testcancel),
    {0},
};
