/* SPDX-License-Identifier: MIT */
/*
 * lock_calls: mutexes, spin locks and reader-writer locks of POSIX threads.
 *
 * How       A mutex is a hidden location: 0 free, 1 held. Taking it is a compare-exchange that waits
 *           for 0. Who holds it is known to the holder alone, from its own history: that decides
 *           about recursion, errors and misuse.
 *           A reader-writer lock counts readers; RWLOCK_WRITER is a writer.
 * Time      A lock with a time limit either gets the lock or finds it held and gives up: every real
 *           outcome is one of the two.
 */
#include "calls/lock_calls.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "calls/hidden.h"
#include "calls/served.h"
#include "failure.h"
#include "program/entry.h"
#include "program/runtime.h"

static const uint64_t RWLOCK_WRITER = (uint64_t)1 << 32;

static struct held_lock *find_held(const void *lock) {
    struct thread *thread = runtime_thread();

    for (uint32_t i = thread->held_count; i-- > 0;)
        if (thread->held[i].lock == (uintptr_t)lock)
            return &thread->held[i];
    return NULL;
}

static void note_held(const void *lock, bool is_shared, uint32_t site) {
    struct thread *thread = runtime_thread();

    if (thread->held_count == RUNTIME_HELD)
        runtime_fail(FAILURE_UNSUPPORTED, site, "one thread holds more than %d locks",
                     RUNTIME_HELD);
    thread->held[thread->held_count++] =
        (struct held_lock){.lock = (uintptr_t)lock, .depth = 1, .is_shared = is_shared};
}

static void forget_held(struct held_lock *held) {
    struct thread *thread = runtime_thread();
    *held = thread->held[--thread->held_count];
}

/* --- mutexes ------------------------------------------------------------------------------ */

static int kind_of(const pthread_mutex_t *mutex) { return mutex->__data.__kind & 3; }

int mutex_init(pthread_mutex_t *mutex, int kind, uint32_t site) {
    hidden_verb("init");
    hidden_begin(mutex, sizeof *mutex, site);
    memset(mutex, 0, sizeof *mutex);
    mutex->__data.__kind = kind;
    return 0;
}

/* 1: the caller already holds it and that was the whole answer. */
static int lock_again(const pthread_mutex_t *mutex, int when_error_checked, int *answer) {
    struct held_lock *held = find_held(mutex);

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

int mutex_lock(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("lock");
    int answer;
    uint64_t free_value = 0;

    hidden_use(mutex, site);
    if (lock_again(mutex, EDEADLK, &answer))
        return answer;
    hidden_cas(runtime_hidden(mutex), &free_value, 1, HIDDEN_WHEN(0), site);
    note_held(mutex, false, site);
    return 0;
}

int mutex_trylock(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("try lock");
    int answer;
    uint64_t value = 0;

    hidden_use(mutex, site);
    if (lock_again(mutex, EBUSY, &answer))
        return answer;
    if (!hidden_poll_cas(runtime_hidden(mutex), &value, 1, site))
        return EBUSY;
    note_held(mutex, false, site);
    return 0;
}

static struct held_lock *must_hold(pthread_mutex_t *mutex, const char *verb,
                                   uint32_t site) {
    struct held_lock *held = find_held(mutex);

    if (!held && kind_of(mutex) == PTHREAD_MUTEX_NORMAL)
        runtime_fail(FAILURE_MISUSE, site, "%s a mutex that this thread does not hold",
                     verb);
    return held;
}

int mutex_unlock(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("unlock");
    hidden_use(mutex, site);
    struct held_lock *held = must_hold(mutex, "unlocks", site);
    if (!held)
        return EPERM;
    if (--held->depth > 0)
        return 0;
    forget_held(held);
    hidden_store(runtime_hidden(mutex), 0, site);
    return 0;
}

uint32_t mutex_release(pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("unlock");
    struct held_lock *held = find_held(mutex);

    if (!held)
        runtime_fail(FAILURE_MISUSE, site,
                     "waits on a condition with a mutex that this thread does not hold");
    uint32_t depth = held->depth;
    forget_held(held);
    hidden_store(runtime_hidden(mutex), 0, site);
    return depth;
}

void mutex_take_back(pthread_mutex_t *mutex, uint32_t depth, uint32_t site) {
    mutex_lock(mutex, site);
    find_held(mutex)->depth = depth;
}

int mutex_destroy(pthread_mutex_t *mutex, uint32_t site) {
    hidden_use(mutex, site);
    if (find_held(mutex))
        runtime_fail(FAILURE_MISUSE, site, "destroys a mutex that it still holds");
    return 0;
}

SERVE(int, pthread_mutex_init,
      (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes)) {
    int kind = PTHREAD_MUTEX_NORMAL;
    if (attributes)
        pthread_mutexattr_gettype(attributes, &kind);
    return mutex_init(mutex, kind, SITE);
}

SERVE(int, pthread_mutex_lock, (pthread_mutex_t * mutex)) {
    return mutex_lock(mutex, SITE);
}

SERVE_READ(int, pthread_mutex_trylock, (pthread_mutex_t * mutex)) {
    return mutex_trylock(mutex, SITE);
}

SERVE_READ(int, pthread_mutex_timedlock,
           (pthread_mutex_t * mutex, const struct timespec *deadline)) {
    (void)deadline;
    return mutex_trylock(mutex, SITE) ? ETIMEDOUT : 0;
}

SERVE_READ(int, pthread_mutex_clocklock,
           (pthread_mutex_t * mutex, clockid_t clock, const struct timespec *deadline)) {
    (void)clock;
    (void)deadline;
    return mutex_trylock(mutex, SITE) ? ETIMEDOUT : 0;
}

SERVE(int, pthread_mutex_unlock, (pthread_mutex_t * mutex)) {
    return mutex_unlock(mutex, SITE);
}

SERVE(int, pthread_mutex_destroy, (pthread_mutex_t * mutex)) {
    return mutex_destroy(mutex, SITE);
}

/* --- spin locks --------------------------------------------------------------------------- */

SERVE(int, pthread_spin_init, (pthread_spinlock_t * lock, int shared)) {
    hidden_verb("init");
    (void)shared;
    hidden_begin((const void *)(uintptr_t)lock, sizeof *lock, SITE);
    return 0;
}

SERVE(int, pthread_spin_lock, (pthread_spinlock_t * lock)) {
    hidden_verb("lock");
    uint64_t value = 0;
    uint32_t site = SITE;
    hidden_use((const void *)(uintptr_t)lock, site);
    hidden_cas(runtime_hidden((const void *)(uintptr_t)lock), &value, 1, HIDDEN_WHEN(0),
               site);
    return 0;
}

SERVE_READ(int, pthread_spin_trylock, (pthread_spinlock_t * lock)) {
    hidden_verb("try lock");
    uint64_t value = 0;
    uint32_t site = SITE;
    hidden_use((const void *)(uintptr_t)lock, site);
    return hidden_poll_cas(runtime_hidden((const void *)(uintptr_t)lock), &value, 1, site)
               ? 0
               : EBUSY;
}

SERVE(int, pthread_spin_unlock, (pthread_spinlock_t * lock)) {
    hidden_verb("unlock");
    uint32_t site = SITE;
    hidden_use((const void *)(uintptr_t)lock, site);
    hidden_store(runtime_hidden((const void *)(uintptr_t)lock), 0, site);
    return 0;
}

SERVE(int, pthread_spin_destroy, (pthread_spinlock_t * lock)) {
    (void)lock;
    return 0;
}

/* --- reader-writer locks ------------------------------------------------------------------ */

SERVE(int, pthread_rwlock_init,
      (pthread_rwlock_t * lock, const pthread_rwlockattr_t *attributes)) {
    hidden_verb("init");
    (void)attributes;
    hidden_begin(lock, sizeof *lock, SITE);
    memset(lock, 0, sizeof *lock);
    return 0;
}

SERVE(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock)) {
    hidden_verb("read lock");
    uint32_t site = SITE;
    struct held_lock *held = find_held(lock);
    hidden_use(lock, site);
    if (held && !held->is_shared)
        return EDEADLK;
    hidden_rmw(runtime_hidden(lock), OP_ADD, 1, HIDDEN_UNLESS(RWLOCK_WRITER), site);
    note_held(lock, true, site);
    return 0;
}

static int try_read_lock(pthread_rwlock_t *lock, int when_held, uint32_t site) {
    hidden_verb("try read lock");
    uint64_t readers;

    hidden_use(lock, site);
    readers = hidden_poll_load(runtime_hidden(lock), site);
    do {
        if (readers == RWLOCK_WRITER)
            return when_held;
    } while (
        !hidden_cas(runtime_hidden(lock), &readers, readers + 1, HIDDEN_ALWAYS, site));
    note_held(lock, true, site);
    return 0;
}

SERVE_READ(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock)) {
    return try_read_lock(lock, EBUSY, SITE);
}

SERVE_READ(int, pthread_rwlock_timedrdlock,
           (pthread_rwlock_t * lock, const struct timespec *deadline)) {
    (void)deadline;
    return try_read_lock(lock, ETIMEDOUT, SITE);
}

SERVE(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock)) {
    hidden_verb("write lock");
    uint32_t site = SITE;
    uint64_t value = 0;
    struct held_lock *held = find_held(lock);
    hidden_use(lock, site);
    if (held && !held->is_shared)
        return EDEADLK;
    hidden_cas(runtime_hidden(lock), &value, RWLOCK_WRITER, HIDDEN_WHEN(0), site);
    note_held(lock, false, site);
    return 0;
}

static int try_write_lock(pthread_rwlock_t *lock, int when_held, uint32_t site) {
    hidden_verb("try write lock");
    uint64_t value = 0;

    hidden_use(lock, site);
    if (!hidden_poll_cas(runtime_hidden(lock), &value, RWLOCK_WRITER, site))
        return when_held;
    note_held(lock, false, site);
    return 0;
}

SERVE_READ(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * lock)) {
    return try_write_lock(lock, EBUSY, SITE);
}

SERVE_READ(int, pthread_rwlock_timedwrlock,
           (pthread_rwlock_t * lock, const struct timespec *deadline)) {
    (void)deadline;
    return try_write_lock(lock, ETIMEDOUT, SITE);
}

SERVE(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock)) {
    hidden_verb("unlock");
    uint32_t site = SITE;
    struct held_lock *held = find_held(lock);
    hidden_use(lock, site);
    if (!held)
        runtime_fail(FAILURE_MISUSE, site,
                     "unlocks a reader-writer lock that this thread does not hold");
    bool is_shared = held->is_shared;
    forget_held(held);
    if (is_shared)
        hidden_rmw(runtime_hidden(lock), OP_SUB, 1, HIDDEN_ALWAYS, site);
    else
        hidden_store(runtime_hidden(lock), 0, site);
    return 0;
}

SERVE(int, pthread_rwlock_destroy, (pthread_rwlock_t * lock)) {
    uint32_t site = SITE;
    hidden_use(lock, site);
    if (find_held(lock))
        runtime_fail(FAILURE_MISUSE, site,
                     "destroys a reader-writer lock that it still holds");
    return 0;
}

const struct service lock_services[] = {
    SERVICE(pthread_mutex_init),
    SERVICE(pthread_mutex_lock),
    SERVICE_READ(pthread_mutex_trylock),
    SERVICE_READ(pthread_mutex_timedlock),
    SERVICE_READ(pthread_mutex_clocklock),
    SERVICE(pthread_mutex_unlock),
    SERVICE(pthread_mutex_destroy),
    SERVICE(pthread_spin_init),
    SERVICE(pthread_spin_lock),
    SERVICE_READ(pthread_spin_trylock),
    SERVICE(pthread_spin_unlock),
    SERVICE(pthread_spin_destroy),
    SERVICE(pthread_rwlock_init),
    SERVICE(pthread_rwlock_rdlock),
    SERVICE_READ(pthread_rwlock_tryrdlock),
    SERVICE_READ(pthread_rwlock_timedrdlock),
    SERVICE(pthread_rwlock_wrlock),
    SERVICE_READ(pthread_rwlock_trywrlock),
    SERVICE_READ(pthread_rwlock_timedwrlock),
    SERVICE(pthread_rwlock_unlock),
    SERVICE(pthread_rwlock_destroy),
    {0},
};
