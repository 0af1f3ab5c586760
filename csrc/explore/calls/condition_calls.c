/* SPDX-License-Identifier: MIT */
/*
 * condition_calls: condition variables, barriers and semaphores.
 *
 * Condition A hidden set of the threads that wait (one bit each). Waiting: add the own bit, let the
 *           mutex go, sleep until the own count of wake-ups has moved. Signalling: take one bit out,
 *           whichever of them (every choice is explored), and count that thread's wake-up. So a
 *           signal reaches exactly one of those that wait when it is given, and is lost if nobody
 *           does, as POSIX allows.
 * Timed     The time is over whenever the thread looks: if its bit is still in the set it timed out,
 *           else it was woken. Waking for no reason, which POSIX allows, is the same, and is only
 *           explored where that is asked for: it would hide every lost wake-up.
 * Barrier   Counts arrivals. The n-th of a round says that it is over, in a location of its own:
 *           the count moves on with the arrivals of the next round, before the last has woken.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "calls/condition_calls.h"
#include "calls/hidden.h"
#include "calls/lock_calls.h"
#include "calls/lock_life.h"
#include "calls/tables.h"
#include "calls/time_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

/* Where a thread's wake-ups are counted: below any address a program can have. */
static uintptr_t wake_location(uint32_t thread) {
    return runtime_hidden((const void *)((uintptr_t)thread + 1));
}

static uint64_t own_bit(void) { return (uint64_t)1 << runtime_thread()->id; }

#define CONDITION(object) LOCK_BESIDE(object, "condition variable")
#define BARRIER(object) LOCK(object, "barrier")
#define SEMAPHORE(object) LOCK(object, "semaphore")

void condition_sleep(uint32_t site) {
    struct fiber_thread *thread = runtime_thread();

    thread->wakes++;
    spin_effect(thread->spin); /* a wake-up is used up */
    hidden_load(wake_location(thread->id), HIDDEN_WHEN(thread->wakes), site);
}

/* Wait until woken, or until the thread looks: whether nobody had woken it by then. */
static bool wait_or_give_up(pthread_cond_t *condition, pthread_mutex_t *mutex,
                            const char *verb, int *error, uint32_t site) {
    uint64_t bit = own_bit();

    lock_life_used(CONDITION(condition), "waits on", site);
    hidden_await_rmw(runtime_hidden(condition), OP_OR, ORDER_ACQ_REL, bit, HIDDEN_ALWAYS,
                     site);
    uint32_t depth = lock_mutex_release(mutex, site);
    hidden_verb(verb);
    uint64_t waiting = hidden_await_rmw(runtime_hidden(condition), OP_AND, ORDER_ACQ_REL,
                                        ~bit, HIDDEN_ALWAYS, site);
    if (!(waiting & bit))
        condition_sleep(site);
    *error = lock_mutex_take_back(mutex, depth, site);
    return waiting & bit;
}

int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, uint32_t site) {
    hidden_verb("wait");
    if (the_runtime->wakes_spuriously) {
        int error;
        wait_or_give_up(condition, mutex, "woken, or for no reason", &error, site);
        return error;
    }
    lock_life_used(CONDITION(condition), "waits on", site);
    hidden_rmw(runtime_hidden(condition), OP_OR, own_bit(), HIDDEN_ALWAYS, site);
    uint32_t depth = lock_mutex_release(mutex, site);
    hidden_verb("woken");
    condition_sleep(site);
    return lock_mutex_take_back(mutex, depth, site);
}

int condition_timed_wait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                         uint32_t site) {
    hidden_verb("timed wait");
    int error;
    bool is_over = wait_or_give_up(condition, mutex, "time over", &error, site);

    return error ? error : is_over ? ETIMEDOUT : 0;
}

void condition_wake(uint64_t thread, uint32_t site) {
    hidden_rmw(wake_location((uint32_t)thread), OP_ADD, 1, HIDDEN_ALWAYS, site);
}

uint64_t condition_choose(uint64_t set, uint32_t site) {
    uint64_t count = (uint64_t)__builtin_popcountll(set);
    uint64_t chosen = 0;

    if (count > 1) {
        runtime_action(ACTION_CHOOSE, site)->operand[0] = count;
        chosen = runtime_ask()->value[0];
    }
    while (chosen-- > 0)
        set &= set - 1;
    return (uint64_t)__builtin_ctzll(set);
}

int condition_signal(pthread_cond_t *condition, uint32_t site) {
    hidden_verb("signal");
    uintptr_t location = runtime_hidden(condition);

    lock_life_used(CONDITION(condition), "signals", site);
    uint64_t waiting = hidden_load(location, HIDDEN_ALWAYS, site);
    while (waiting) {
        uint64_t chosen = condition_choose(waiting, site);
        uint64_t before = waiting;
        if (hidden_update(location, &waiting, before & ~((uint64_t)1 << chosen), site)) {
            condition_wake(chosen, site);
            return 0;
        }
    }
    return 0;
}

int condition_broadcast(pthread_cond_t *condition, uint32_t site) {
    hidden_verb("broadcast");
    uintptr_t location = runtime_hidden(condition);

    lock_life_used(CONDITION(condition), "signals", site);
    if (!hidden_load(location, HIDDEN_ALWAYS, site))
        return 0;
    uint64_t waiting = hidden_rmw(location, OP_EXCHANGE, 0, HIDDEN_ALWAYS, site);
    for (; waiting; waiting &= waiting - 1)
        condition_wake((uint64_t)__builtin_ctzll(waiting), site);
    return 0;
}

int condition_init(pthread_cond_t *condition, uint32_t site) {
    hidden_verb("init");
    lock_life_begins(CONDITION(condition), 0, site);
    return 0;
}

int condition_destroy(pthread_cond_t *condition, uint32_t site) {
    hidden_verb("destroy");
    lock_life_ends(CONDITION(condition), site);
    if (hidden_load(runtime_hidden(condition), HIDDEN_ALWAYS, site))
        runtime_fail(FAILURE_MISUSE, site,
                     "destroys a condition variable that a thread waits on");
    return 0;
}

SERVE(int, pthread_cond_init,
      (pthread_cond_t * condition, const pthread_condattr_t *attributes)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, attributes, sizeof *attributes, site);
    return condition_init(condition, site);
}

SERVE_READ(int, pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *mutex)) {
    return condition_wait(condition, mutex,
                          the_runtime->wakes_spuriously ? NOTED_SITE : SITE);
}

SERVE_READ(int, pthread_cond_timedwait,
           (pthread_cond_t * condition, pthread_mutex_t *mutex,
            const struct timespec *deadline)) {
    return condition_timed_wait(condition, mutex, time_limit(deadline, NOTED_SITE));
}

SERVE_READ(int, pthread_cond_clockwait,
           (pthread_cond_t * condition, pthread_mutex_t *mutex, clockid_t clock,
            const struct timespec *deadline)) {
    (void)clock;
    return condition_timed_wait(condition, mutex, time_limit(deadline, NOTED_SITE));
}

SERVE(int, pthread_cond_signal, (pthread_cond_t * condition)) {
    return condition_signal(condition, SITE);
}

SERVE(int, pthread_cond_broadcast, (pthread_cond_t * condition)) {
    return condition_broadcast(condition, SITE);
}

SERVE(int, pthread_cond_destroy, (pthread_cond_t * condition)) {
    return condition_destroy(condition, SITE);
}

/* --- barriers ----------------------------------------------------------------------------- */

/* What is kept in the barrier itself. */
struct barrier {
    unsigned count;
    uint64_t begun; /* rounds of barriers that were here before */
};

/* The last round that is over, of all barriers that were ever here. */
static uintptr_t rounds_of(const pthread_barrier_t *barrier) {
    return runtime_hidden((const char *)barrier + 2);
}

SERVE(int, pthread_barrier_init,
      (pthread_barrier_t * barrier, const pthread_barrierattr_t *attributes,
       unsigned count)) {
    uint32_t site = SITE;
    access_ask_block(ACTION_READ, attributes, sizeof *attributes, site);
    hidden_verb("init");
    if (count == 0)
        return EINVAL;
    struct barrier made = {count, hidden_load(rounds_of(barrier), HIDDEN_ALWAYS, site)};
    lock_life_begins(BARRIER(barrier), 0, site);
    memcpy(barrier, &made, sizeof made);
    return 0;
}

SERVE(int, pthread_barrier_wait, (pthread_barrier_t * barrier)) {
    hidden_verb("barrier");
    uint32_t site = SITE;
    struct barrier made;

    lock_life_used(BARRIER(barrier), "waits at", site);
    access_ask_block(ACTION_READ, barrier, sizeof made, site);
    lock_life_was_destroyed(BARRIER(barrier), "waits at", site);
    memcpy(&made, barrier, sizeof made);
    if (made.count == 0)
        runtime_fail(FAILURE_MISUSE, site, "waits at a barrier that was not initialised");
    uint64_t before = hidden_rmw(runtime_hidden(barrier), OP_ADD, 1, HIDDEN_ALWAYS, site);
    uint64_t round = made.begun + before / made.count + 1;
    if (before % made.count == made.count - 1) {
        hidden_verb("barrier opens");
        hidden_store(rounds_of(barrier), round, site);
        return PTHREAD_BARRIER_SERIAL_THREAD;
    }
    hidden_load(rounds_of(barrier), HIDDEN_IN_ROUND(round), site);
    return 0;
}

SERVE(int, pthread_barrier_destroy, (pthread_barrier_t * barrier)) {
    hidden_verb("destroy");
    lock_life_ends(BARRIER(barrier), SITE);
    return 0;
}

/* --- semaphores --------------------------------------------------------------------------- */

/* Its value, above what is there before it is initialised. */
static const uint64_t SEMAPHORE_BEGUN = (uint64_t)1 << 32;

static void must_be_begun(uint64_t value, const char *verb, uint32_t site) {
    if (value >= LOCK_DESTROYED)
        runtime_fail(FAILURE_MISUSE, site, "%s a semaphore that was destroyed", verb);
    if (value < SEMAPHORE_BEGUN)
        runtime_fail(FAILURE_MISUSE, site, "%s a semaphore that was not initialised",
                     verb);
}

SERVE(int, sem_init, (sem_t * semaphore, int shared, unsigned value)) {
    hidden_verb("init");
    (void)shared;
    lock_life_begins(SEMAPHORE(semaphore), SEMAPHORE_BEGUN + value, SITE);
    return 0;
}

SERVE_READ(int, sem_wait, (sem_t * semaphore)) {
    hidden_verb("wait");
    uint32_t site = NOTED_SITE;
    lock_life_used(SEMAPHORE(semaphore), "waits on", site);
    uint64_t value = hidden_await_rmw(runtime_hidden(semaphore), OP_SUB, ORDER_ACQ_REL, 1,
                                      HIDDEN_UNLESS(SEMAPHORE_BEGUN), site);
    must_be_begun(value, "waits on", site);
    return 0;
}

static int try_wait(sem_t *semaphore, int error, uint32_t site) {
    hidden_verb("try wait");
    lock_life_used(SEMAPHORE(semaphore), "waits on", site);
    uint64_t value = hidden_poll_load(runtime_hidden(semaphore), ORDER_RELAXED, site);
    must_be_begun(value, "waits on", site);
    while (value != SEMAPHORE_BEGUN) {
        if (hidden_update(runtime_hidden(semaphore), &value, value - 1, site))
            return 0;
        must_be_begun(value, "waits on", site);
    }
    runtime_thread()->error_number = error;
    return -1;
}

SERVE_READ(int, sem_trywait, (sem_t * semaphore)) {
    return try_wait(semaphore, EAGAIN, NOTED_SITE);
}

SERVE_READ(int, sem_timedwait, (sem_t * semaphore, const struct timespec *deadline)) {
    return try_wait(semaphore, ETIMEDOUT, time_limit(deadline, NOTED_SITE));
}

SERVE_READ(int, sem_clockwait,
           (sem_t * semaphore, clockid_t clock, const struct timespec *deadline)) {
    (void)clock;
    return try_wait(semaphore, ETIMEDOUT, time_limit(deadline, NOTED_SITE));
}

SERVE(int, sem_post, (sem_t * semaphore)) {
    hidden_verb("post");
    uint32_t site = SITE;
    lock_life_used(SEMAPHORE(semaphore), "posts", site);
    uint64_t value =
        hidden_rmw(runtime_hidden(semaphore), OP_ADD, 1, HIDDEN_ALWAYS, site);
    must_be_begun(value, "posts", site);
    return 0;
}

SERVE_READ(int, sem_getvalue, (sem_t * semaphore, int *value)) {
    hidden_verb("value");
    uint32_t site = NOTED_SITE;
    lock_life_used(SEMAPHORE(semaphore), "looks at", site);
    uint64_t now = hidden_poll_load(runtime_hidden(semaphore), ORDER_ACQUIRE, site);
    must_be_begun(now, "looks at", site);
    access_ask(ACTION_WRITE, value, sizeof *value, site);
    *value = (int)(now - SEMAPHORE_BEGUN);
    return 0;
}

SERVE(int, sem_destroy, (sem_t * semaphore)) {
    hidden_verb("destroy");
    uint32_t site = SITE;
    lock_life_ends(SEMAPHORE(semaphore), site);
    must_be_begun(hidden_rmw(runtime_hidden(semaphore), OP_EXCHANGE, LOCK_DESTROYED,
                             HIDDEN_ALWAYS, site),
                  "destroys", site);
    return 0;
}

const struct service condition_services[] = {
    SERVICE(pthread_cond_init),
    SERVICE_READ(pthread_cond_wait),
    SERVICE_READ(pthread_cond_timedwait),
    SERVICE_READ(pthread_cond_clockwait),
    SERVICE(pthread_cond_signal),
    SERVICE(pthread_cond_broadcast),
    SERVICE(pthread_cond_destroy),
    SERVICE(pthread_barrier_init),
    SERVICE(pthread_barrier_wait),
    SERVICE(pthread_barrier_destroy),
    SERVICE(sem_init),
    SERVICE_READ(sem_wait),
    SERVICE_READ(sem_trywait),
    SERVICE_READ(sem_timedwait),
    SERVICE_READ(sem_clockwait),
    SERVICE(sem_post),
    SERVICE_READ(sem_getvalue),
    SERVICE(sem_destroy),
    {0},
};
