/* SPDX-License-Identifier: MIT */
/*
 * rwlock_calls: reader-writer locks of POSIX threads.
 *
 * How       A hidden location counts the readers; WRITER is a writer. Readers are added by an
 *           update, so that any number of them may hold it; a writer waits for 0.
 * Time      As for mutexes: a lock with a time limit gets the lock or finds it held and gives up.
 */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "calls/held_locks.h"
#include "calls/hidden.h"
#include "calls/lock_life.h"
#include "calls/tables.h"
#include "calls/time_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static const uint64_t WRITER = (uint64_t)1 << 32;

#define RWLOCK(lock) LOCK_BESIDE(lock, "reader-writer lock")

SERVE(int, pthread_rwlock_init,
      (pthread_rwlock_t * lock, const pthread_rwlockattr_t *attributes)) {
    access_ask_block(ACTION_READ, attributes, sizeof *attributes, SITE);
    hidden_verb("init");
    lock_life_begins(RWLOCK(lock), 0, SITE);
    return 0;
}

SERVE_READ(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock)) {
    hidden_verb("read lock");
    uint32_t site = NOTED_SITE;
    struct held_lock *held = held_lock_find(lock);
    lock_life_used(RWLOCK(lock), "locks", site);
    if (held && !held->is_shared)
        return EDEADLK;
    hidden_await_rmw(runtime_hidden(lock), OP_ADD, ORDER_ACQUIRE, 1,
                     HIDDEN_UNLESS(WRITER), site);
    held_lock_note(lock, true, site);
    return 0;
}

static int try_read_lock(pthread_rwlock_t *lock, int when_held, uint32_t site) {
    hidden_verb("try read lock");
    lock_life_used(RWLOCK(lock), "tries to lock", site);
    uint64_t readers = hidden_poll_load(runtime_hidden(lock), ORDER_RELAXED, site);
    do {
        if (readers == WRITER)
            return when_held;
    } while (
        !hidden_cas(runtime_hidden(lock), &readers, readers + 1, HIDDEN_ALWAYS, site));
    held_lock_note(lock, true, site);
    return 0;
}

SERVE_READ(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock)) {
    return try_read_lock(lock, EBUSY, NOTED_SITE);
}

SERVE_READ(int, pthread_rwlock_timedrdlock,
           (pthread_rwlock_t * lock, const struct timespec *deadline)) {
    return try_read_lock(lock, ETIMEDOUT, time_limit(deadline, NOTED_SITE));
}

SERVE_READ(int, pthread_rwlock_clockrdlock,
           (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *deadline)) {
    (void)clock;
    return try_read_lock(lock, ETIMEDOUT, time_limit(deadline, NOTED_SITE));
}

SERVE_READ(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock)) {
    hidden_verb("write lock");
    uint32_t site = NOTED_SITE;
    uint64_t value = 0;
    struct held_lock *held = held_lock_find(lock);
    lock_life_used(RWLOCK(lock), "locks", site);
    if (held && !held->is_shared)
        return EDEADLK;
    hidden_await_cas(runtime_hidden(lock), &value, WRITER, HIDDEN_WHEN(0), site);
    held_lock_note(lock, false, site);
    return 0;
}

static int try_write_lock(pthread_rwlock_t *lock, int when_held, uint32_t site) {
    hidden_verb("try write lock");
    uint64_t value = 0;

    lock_life_used(RWLOCK(lock), "tries to lock", site);
    if (!hidden_poll_cas(runtime_hidden(lock), &value, WRITER, site))
        return when_held;
    held_lock_note(lock, false, site);
    return 0;
}

SERVE_READ(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * lock)) {
    return try_write_lock(lock, EBUSY, NOTED_SITE);
}

SERVE_READ(int, pthread_rwlock_timedwrlock,
           (pthread_rwlock_t * lock, const struct timespec *deadline)) {
    return try_write_lock(lock, ETIMEDOUT, time_limit(deadline, NOTED_SITE));
}

SERVE_READ(int, pthread_rwlock_clockwrlock,
           (pthread_rwlock_t * lock, clockid_t clock, const struct timespec *deadline)) {
    (void)clock;
    return try_write_lock(lock, ETIMEDOUT, time_limit(deadline, NOTED_SITE));
}

SERVE(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock)) {
    hidden_verb("unlock");
    uint32_t site = SITE;
    struct held_lock *held = held_lock_find(lock);
    lock_life_used(RWLOCK(lock), "unlocks", site);
    if (!held)
        runtime_fail(FAILURE_MISUSE, site,
                     "unlocks a reader-writer lock that this thread does not hold");
    bool is_shared = held->is_shared;
    held_lock_forget(held);
    if (is_shared)
        hidden_rmw(runtime_hidden(lock), OP_SUB, 1, HIDDEN_ALWAYS, site);
    else
        hidden_store(runtime_hidden(lock), 0, site);
    return 0;
}

SERVE(int, pthread_rwlock_destroy, (pthread_rwlock_t * lock)) {
    hidden_verb("destroy");
    uint32_t site = SITE;
    if (held_lock_find(lock))
        runtime_fail(FAILURE_MISUSE, site,
                     "destroys a reader-writer lock that it still holds");
    lock_life_ends(RWLOCK(lock), site);
    if (hidden_load(runtime_hidden(lock), HIDDEN_ALWAYS, site))
        runtime_fail(FAILURE_MISUSE, site,
                     "destroys a reader-writer lock that another thread holds");
    return 0;
}

const struct service rwlock_services[] = {
    SERVICE(pthread_rwlock_init),
    SERVICE_READ(pthread_rwlock_rdlock),
    SERVICE_READ(pthread_rwlock_tryrdlock),
    SERVICE_READ(pthread_rwlock_timedrdlock),
    SERVICE_READ(pthread_rwlock_wrlock),
    SERVICE_READ(pthread_rwlock_trywrlock),
    SERVICE_READ(pthread_rwlock_timedwrlock),
    SERVICE_READ(pthread_rwlock_clockrdlock),
    SERVICE_READ(pthread_rwlock_clockwrlock),
    SERVICE(pthread_rwlock_unlock),
    SERVICE(pthread_rwlock_destroy),
    {0},
};
