/* SPDX-License-Identifier: MIT */
/*
 * lock_calls: mutexes and spin locks of POSIX threads.
 *
 * How       A mutex is a hidden location: 0 free, 1 held. Taking it is a compare-exchange that waits
 *           for 0.
 * Time      A lock with a time limit either gets the lock or finds it held and gives up: every real
 *           outcome is one of the two.
 * Robust    Who ends with such a mutex leaves another value in it (program/threads.c), which its next owner finds.
 */
#include "calls/lock_calls.h"

#include <errno.h>
#include <string.h>
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

void lock_must_not_be_held(uintptr_t start, size_t length, uint32_t site) {
    const struct fiber_thread *thread = runtime_thread();

    for (uint32_t i = 0; i < thread->held_count; i++)
        if (thread->held[i].lock - start < length)
            runtime_fail(FAILURE_MISUSE, site,
                         "frees memory with a lock that this thread holds");
}

/* --- mutexes ------------------------------------------------------------------------------ */

enum { KIND_BITS = 3, IS_ROBUST = 16 }; /* glibc's own */

static int kind_of(const pthread_mutex_t *mutex) {
    return mutex->__data.__kind & KIND_BITS;
}

/* The running thread took it, and found `value` there: 0 or, of a robust one, that its owner ended. */
static int taken(pthread_mutex_t *mutex, uint64_t value, uint32_t site) {
    held_lock_note(mutex, false, site);
    if (!(mutex->__data.__kind & IS_ROBUST))
        return 0;
    struct held_lock *held = held_lock_find(mutex);
    held->is_robust = true;
    held->was_left = value == OWNER_IS_DEAD;
    return held->was_left ? EOWNERDEAD : 0;
}

/* 0: it was taken after all. */
static int take_left(pthread_mutex_t *mutex, uint64_t *value, uint32_t site) {
    return *value == NOT_RECOVERABLE ? ENOTRECOVERABLE
           : *value == OWNER_IS_DEAD &&
                   hidden_cas(runtime_hidden(mutex), value, 1, HIDDEN_ALWAYS, site)
               ? 0
               : EBUSY;
}

int lock_mutex_init(pthread_mutex_t *mutex, int kind, uint32_t site) {
    hidden_verb("init");
    lock_life_begins(LOCK(mutex, "mutex"), 0, site);
    mutex->__data.__kind = kind;
    return 0;
}

/* 1: the caller already holds it and that was the whole answer. */
static int lock_again(const pthread_mutex_t *mutex, int when_error_checked, int *answer) {
    struct held_lock *held = held_lock_find(mutex);

    if (!held)
        return 0;
    if (kind_of(mutex) == PTHREAD_MUTEX_RECURSIVE) {
        held->depth++;
        *answer = 0;
        return 1;
    }
    *answer = when_error_checked;
    return kind_of(mutex) == PTHREAD_MUTEX_ERRORCHECK;
}

int lock_mutex(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("lock");
    int answer;
    uint64_t free_value = 0;

    lock_life_used(LOCK(mutex, "mutex"), "locks", site);
    if (lock_again(mutex, EDEADLK, &answer))
        return answer;
    while (!hidden_await_cas(runtime_hidden(mutex), &free_value, 1, HIDDEN_UNLESS(1),
                             site)) {
        int left = take_left(mutex, &free_value, site);
        if (left == 0)
            break;
        if (left == ENOTRECOVERABLE)
            return left;
        if (free_value == LOCK_DESTROYED)
            lock_life_was_destroyed(LOCK(mutex, "mutex"), "locks", site);
        else
            free_value = 0;
    }
    return taken(mutex, free_value, site);
}

/* A trylock found another value than 0: held, destroyed, or of an object that is new. */
static bool take_new(struct lock_object lock, uint64_t value, uint32_t site) {
    if (value != LOCK_DESTROYED)
        return false;
    lock_life_was_destroyed(lock, "tries to lock", site);
    return hidden_cas(runtime_hidden(lock.address), &value, 1, HIDDEN_ALWAYS, site);
}

int lock_mutex_try(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("try lock");
    int answer;
    uint64_t value = 0;

    lock_life_used(LOCK(mutex, "mutex"), "tries to lock", site);
    if (lock_again(mutex, EBUSY, &answer))
        return answer;
    if (!hidden_poll_cas(runtime_hidden(mutex), &value, 1, site) &&
        !take_new(LOCK(mutex, "mutex"), value, site)) {
        int left = take_left(mutex, &value, site);
        if (left)
            return left;
    }
    return taken(mutex, value, site);
}

static struct held_lock *must_hold(pthread_mutex_t *mutex, const char *verb,
                                   uint32_t site) {
    struct held_lock *held = held_lock_find(mutex);

    if (!held && kind_of(mutex) == PTHREAD_MUTEX_NORMAL)
        runtime_fail(FAILURE_MISUSE, site, "%s a mutex that this thread does not hold",
                     verb);
    return held;
}

int lock_mutex_unlock(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("unlock");
    lock_life_used(LOCK(mutex, "mutex"), "unlocks", site);
    struct held_lock *held = must_hold(mutex, "unlocks", site);
    if (!held)
        return EPERM;
    if (--held->depth > 0)
        return 0;
    uint64_t then = held->was_left ? NOT_RECOVERABLE : 0;
    held_lock_forget(held);
    hidden_store(runtime_hidden(mutex), then, site);
    return 0;
}

uint32_t lock_mutex_release(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("unlock");
    struct held_lock *held = held_lock_find(mutex);

    if (!held)
        runtime_fail(FAILURE_MISUSE, site,
                     "waits on a condition with a mutex that this thread does not hold");
    uint32_t depth = held->depth;
    held_lock_forget(held);
    hidden_store(runtime_hidden(mutex), 0, site);
    return depth;
}

int lock_mutex_take_back(pthread_mutex_t *mutex, uint32_t depth, uint32_t site) {
    int error = lock_mutex(mutex, site);

    if (error != ENOTRECOVERABLE)
        held_lock_find(mutex)->depth = depth;
    return error;
}

static void end_free_lock(struct lock_object lock, uint32_t site) {
    uint64_t value = 0;

    hidden_verb("destroy");
    if (held_lock_find(lock.address))
        runtime_fail(FAILURE_MISUSE, site, "destroys a %s that it still holds",
                     lock.name);
    lock_life_ends(lock, site);
    hidden_cas(runtime_hidden(lock.address), &value, LOCK_DESTROYED, HIDDEN_ALWAYS, site);
    if (value == 1)
        runtime_fail(FAILURE_MISUSE, site, "destroys a %s that another thread holds",
                     lock.name);
}

int lock_mutex_destroy(pthread_mutex_t *mutex, uint32_t site) {
    end_free_lock(LOCK(mutex, "mutex"), site);
    return 0;
}

static int kind_with(const pthread_mutexattr_t *attributes) {
    int kind = PTHREAD_MUTEX_NORMAL, robust = PTHREAD_MUTEX_STALLED;

    pthread_mutexattr_gettype(attributes, &kind);
    pthread_mutexattr_getrobust(attributes, &robust);
    return kind | (robust == PTHREAD_MUTEX_ROBUST ? IS_ROBUST : 0);
}

/* What was protected is in order again. */
SERVE(int, pthread_mutex_consistent, (pthread_mutex_t * mutex)) {
    struct held_lock *held = held_lock_find(mutex);

    if (!held || !held->was_left)
        return EINVAL;
    held->was_left = false;
    return 0;
}

SERVE(int, pthread_mutex_init,
      (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes)) {
    int kind = PTHREAD_MUTEX_NORMAL;
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, attributes, sizeof *attributes, site);
    if (attributes)
        kind = kind_with(attributes);
    return lock_mutex_init(mutex, kind, site);
}

SERVE_READ(int, pthread_mutex_lock, (pthread_mutex_t * mutex)) {
    return lock_mutex(mutex, NOTED_SITE);
}

SERVE_READ(int, pthread_mutex_trylock, (pthread_mutex_t * mutex)) {
    return lock_mutex_try(mutex, NOTED_SITE);
}

static int try_in_time(pthread_mutex_t *mutex, uint32_t site) {
    int error = lock_mutex_try(mutex, site);
    return error == EBUSY ? ETIMEDOUT : error;
}

SERVE_READ(int, pthread_mutex_timedlock,
           (pthread_mutex_t * mutex, const struct timespec *deadline)) {
    return try_in_time(mutex, time_limit(deadline, NOTED_SITE));
}

SERVE_READ(int, pthread_mutex_clocklock,
           (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *deadline)) {
    (void)clock;
    return try_in_time(mutex, time_limit(deadline, NOTED_SITE));
}

SERVE(int, pthread_mutex_unlock, (pthread_mutex_t * mutex)) {
    return lock_mutex_unlock(mutex, SITE);
}

SERVE(int, pthread_mutex_destroy, (pthread_mutex_t * mutex)) {
    return lock_mutex_destroy(mutex, SITE);
}

/* --- spin locks --------------------------------------------------------------------------- */

static struct lock_object spin_lock(pthread_spinlock_t *lock) {
    return (struct lock_object){(void *)(uintptr_t)lock, sizeof *lock, "spin lock",
                                false};
}

SERVE(int, pthread_spin_init, (pthread_spinlock_t * lock, int shared)) {
    hidden_verb("init");
    (void)shared;
    lock_life_begins(spin_lock(lock), 0, SITE);
    return 0;
}

SERVE_READ(int, pthread_spin_lock, (pthread_spinlock_t * lock)) {
    hidden_verb("lock");
    uint64_t value = 0;
    uint32_t site = NOTED_SITE;
    struct lock_object spin = spin_lock(lock);

    lock_life_used(spin, "locks", site);
    while (!hidden_await_cas(runtime_hidden(spin.address), &value, 1, HIDDEN_UNLESS(1),
                             site))
        lock_life_was_destroyed(spin, "locks", site);
    held_lock_note(spin.address, false, site);
    return 0;
}

SERVE_READ(int, pthread_spin_trylock, (pthread_spinlock_t * lock)) {
    hidden_verb("try lock");
    uint64_t value = 0;
    uint32_t site = NOTED_SITE;
    struct lock_object spin = spin_lock(lock);

    lock_life_used(spin, "tries to lock", site);
    if (!hidden_poll_cas(runtime_hidden(spin.address), &value, 1, site) &&
        !take_new(spin, value, site))
        return EBUSY;
    held_lock_note(spin.address, false, site);
    return 0;
}

SERVE(int, pthread_spin_unlock, (pthread_spinlock_t * lock)) {
    hidden_verb("unlock");
    uint32_t site = SITE;
    struct lock_object spin = spin_lock(lock);

    lock_life_used(spin, "unlocks", site);
    struct held_lock *held = held_lock_find(spin.address);
    if (!held)
        runtime_fail(FAILURE_MISUSE, site,
                     "unlocks a spin lock that this thread does not hold");
    held_lock_forget(held);
    hidden_store(runtime_hidden(spin.address), 0, site);
    return 0;
}

SERVE(int, pthread_spin_destroy, (pthread_spinlock_t * lock)) {
    end_free_lock(spin_lock(lock), SITE);
    return 0;
}

const struct service lock_services[] = {
    SERVICE(pthread_mutex_init),
    SERVICE(pthread_mutex_consistent),
    SERVICE_READ(pthread_mutex_lock),
    SERVICE_READ(pthread_mutex_trylock),
    SERVICE_READ(pthread_mutex_timedlock),
    SERVICE_READ(pthread_mutex_clocklock),
    SERVICE(pthread_mutex_unlock),
    SERVICE(pthread_mutex_destroy),
    SERVICE(pthread_spin_init),
    SERVICE_READ(pthread_spin_lock),
    SERVICE_READ(pthread_spin_trylock),
    SERVICE(pthread_spin_unlock),
    SERVICE(pthread_spin_destroy),
    {0},
};
