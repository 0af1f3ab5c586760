/* SPDX-License-Identifier: MIT */
/*
 * thread_calls: POSIX threads: their life, once, keys.
 *
 * Identity  A pthread_t names its maker and the how-manieth of the maker's threads it is: known
 *           before the thread is, the same in every run, and never 0.
 * Detached  Every thread runs to its end all the same; but who joins it, or detaches it again, errs.
 * Keys      A key's number follows from its maker's own history. Values are per thread.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "calls/hidden.h"
#include "calls/lock_life.h"
#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"
#include "program/threads.h"

enum { MAIN_HANDLE = 1 };

pthread_t thread_self(void) {
    pthread_t handle = runtime_thread()->handle;
    return handle ? handle : MAIN_HANDLE;
}

struct fiber_thread *thread_of_handle(pthread_t handle, uint32_t site) {
    struct runtime *runtime = the_runtime;

    for (uint32_t i = 0; i < runtime->thread_count; i++)
        if (runtime->thread[i].state != THREAD_UNUSED &&
            (i ? runtime->thread[i].handle : MAIN_HANDLE) == handle)
            return &runtime->thread[i];
    runtime_fail(FAILURE_MISUSE, site, "%lu is not a thread of this program",
                 (unsigned long)handle);
}

pthread_t thread_create(pthread_t *handle, uintptr_t routine, uintptr_t argument,
                        uint32_t site) {
    struct fiber_thread *parent = runtime_thread();
    uintptr_t made =
        ((uintptr_t)parent->id + 1) * HANDLES_PER_THREAD + ++parent->children;

    access_ask(ACTION_WRITE, handle, sizeof *handle, site);
    *handle = made;
    the_runtime->has_grandchildren |= parent->id != 0;
    thread_spawn(routine, argument, made, site);
    return made;
}

enum fate { JOINABLE, DETACHED, JOINED };

/* What was decided of a thread, which can be decided once. Asked only of programs that detach one. */
static void decide(const struct fiber_thread *thread, enum fate fate, const char *verb,
                   uint32_t site) {
    uintptr_t of_thread = LAYOUT_OF_DETACHED + (uintptr_t)thread->id;

    if (!the_runtime->detaches_threads)
        return;
    hidden_verb("");
    uint64_t before = hidden_rmw(runtime_hidden((const void *)of_thread), OP_EXCHANGE,
                                 fate, HIDDEN_ALWAYS, site);
    if (before != JOINABLE)
        runtime_fail(FAILURE_MISUSE, site, "%s thread %u, which was %s already", verb,
                     thread->id, before == DETACHED ? "detached" : "joined");
}

uintptr_t thread_join(pthread_t handle, uint32_t site) {
    struct fiber_thread *thread = thread_of_handle(handle, site);

    if (thread == runtime_thread())
        runtime_fail(FAILURE_DEADLOCK, site, "thread %u joins itself", thread->id);
    decide(thread, JOINED, "joins", site);
    runtime_action(ACTION_JOIN, site)->operand[0] = thread->id;
    const struct reply *reply = runtime_ask();
    if (reply->succeeded)
        runtime_fail(FAILURE_MISUSE, site, "joins thread %u, which was joined already",
                     thread->id);
    uintptr_t result = (uintptr_t)reply->value[0];
    runtime_thread()->joined++;
    return result;
}

void thread_detach(pthread_t handle, uint32_t site) {
    decide(thread_of_handle(handle, site), DETACHED, "detaches", site);
}

void thread_yield(uint32_t site) {
    runtime_action(ACTION_YIELD, site);
    runtime_ask();
}

SERVE(int, pthread_create,
      (pthread_t * handle, const pthread_attr_t *attributes, uintptr_t routine,
       uintptr_t argument)) {
    uint32_t site = SITE;
    if (attributes)
        access_ask_block(ACTION_READ, attributes, sizeof *attributes, site);
    pthread_t made = thread_create(handle, routine, argument, site);
    int state = PTHREAD_CREATE_JOINABLE;
    if (attributes && !pthread_attr_getdetachstate(attributes, &state) &&
        state == PTHREAD_CREATE_DETACHED)
        thread_detach(made, site);
    return 0;
}

SERVE(int, pthread_join, (pthread_t handle, void **result)) {
    uint32_t site = SITE;
    uintptr_t value = thread_join(handle, site);
    if (result) {
        access_ask(ACTION_WRITE, result, sizeof *result, site);
        *result = (void *)value;
    }
    return 0;
}

static uint32_t limited(const struct timespec *deadline, uint32_t site) {
    access_ask_block(ACTION_READ, deadline, sizeof *deadline, site);
    return site;
}

/* It may not have ended yet, or it has: both are explored. Who has found the first waits at the next look. */
static int join_in_time(pthread_t handle, void **result, int otherwise, uint32_t site) {
    struct fiber_thread *self = runtime_thread();
    pthread_t before = self->looked_for;

    self->looked_for = handle;
    if (before != handle) {
        runtime_action(ACTION_CHOOSE, site)->operand[0] = 2;
        if (runtime_ask()->value[0] == 0)
            return otherwise;
    }
    uintptr_t value = thread_join(handle, site);
    if (result) {
        access_ask(ACTION_WRITE, result, sizeof *result, site);
        *result = (void *)value;
    }
    return 0;
}

SERVE(int, pthread_tryjoin_np, (pthread_t handle, void **result)) {
    return join_in_time(handle, result, EBUSY, SITE);
}

SERVE(int, pthread_timedjoin_np,
      (pthread_t handle, void **result, const struct timespec *deadline)) {
    return join_in_time(handle, result, ETIMEDOUT, limited(deadline, SITE));
}

SERVE(int, pthread_clockjoin_np,
      (pthread_t handle, void **result, clockid_t clock,
       const struct timespec *deadline)) {
    (void)clock;
    return join_in_time(handle, result, ETIMEDOUT, limited(deadline, SITE));
}

SERVE(int, pthread_detach, (pthread_t handle)) {
    thread_detach(handle, SITE);
    return 0;
}

SERVE(pthread_t, pthread_self, (void)) { return thread_self(); }

SERVE(int, pthread_equal, (pthread_t a, pthread_t b)) { return a == b; }

SERVE(int, sched_yield, (void)) {
    thread_yield(SITE);
    return 0;
}

/* 0 not begun, 1 running, 2 done: a caller waits while it is 1. */
static bool once_begins(const void *control, uint32_t site) {
    uint64_t value = 0;

    hidden_verb("once");
    lock_life_used((struct lock_object){(void *)(uintptr_t)control,
                                        sizeof(pthread_once_t), "once control", false},
                   "calls through", site);
    return hidden_cas(runtime_hidden(control), &value, 1, HIDDEN_UNLESS(1), site);
}

int thread_once(const void *control, uintptr_t routine, uint32_t site) {
    if (once_begins(control, site)) {
        ((void (*)(void))routine)();
        hidden_store(runtime_hidden(control), 2, site);
    }
    return 0;
}

SERVE(int, pthread_once, (pthread_once_t * control, uintptr_t routine)) {
    return thread_once(control, routine, SITE);
}

/* Of C++ (csrc/cxx/once.cpp), where the function may leave by an exception. */
SERVE(bool, heald_once_begins, (const void *control, const void *caller)) {
    return once_begins(control, runtime_site(caller, false));
}

SERVE(void, heald_once_ends, (const void *control, bool is_done, const void *caller)) {
    hidden_verb("once");
    hidden_store(runtime_hidden(control), is_done ? 2 : 0, runtime_site(caller, false));
}

/* --- keys --------------------------------------------------------------------------------- */

enum { KEYS_PER_THREAD = 8 };

int thread_key_create(unsigned *key, uintptr_t destructor, uint32_t site) {
    struct fiber_thread *thread = runtime_thread();
    unsigned number = thread->id * KEYS_PER_THREAD + thread->keys_made;

    if (thread->keys_made == KEYS_PER_THREAD || number >= RUNTIME_KEYS)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "thread %u makes more keys than the explorer has room for "
                     "(%d a thread, in the first %d threads)",
                     thread->id, KEYS_PER_THREAD, RUNTIME_KEYS / KEYS_PER_THREAD);
    thread->keys_made++;
    the_runtime->keys[number] = (struct key){.destructor = destructor, .is_used = true};
    the_runtime->keys_used = true;
    access_ask(ACTION_WRITE, key, sizeof *key, site);
    *key = number;
    return 0;
}

int thread_key_set(unsigned key, uintptr_t value) {
    struct fiber_thread *thread = runtime_thread();

    if (key >= RUNTIME_KEYS || !the_runtime->keys[key].is_used)
        return EINVAL;
    if (thread->key_value[key] != value)
        spin_effect(thread->spin);
    thread->key_value[key] = value;
    thread->key_used |= (uint64_t)1 << key;
    return 0;
}

uintptr_t thread_key_get(unsigned key) {
    return key < RUNTIME_KEYS ? runtime_thread()->key_value[key] : 0;
}

int thread_key_delete(unsigned key) {
    if (key >= RUNTIME_KEYS || !the_runtime->keys[key].is_used)
        return EINVAL;
    the_runtime->keys[key].destructor = 0;
    return 0;
}

SERVE(int, pthread_key_create, (pthread_key_t * key, uintptr_t destructor)) {
    return thread_key_create(key, destructor, SITE);
}

SERVE(int, pthread_setspecific, (pthread_key_t key, uintptr_t value)) {
    return thread_key_set(key, value);
}

SERVE(uintptr_t, pthread_getspecific, (pthread_key_t key)) { return thread_key_get(key); }

SERVE(int, pthread_key_delete, (pthread_key_t key)) { return thread_key_delete(key); }

const struct service thread_services[] = {
    SERVICE(pthread_create),
    SERVICE(pthread_join),
    SERVICE(pthread_tryjoin_np),
    SERVICE(pthread_timedjoin_np),
    SERVICE(pthread_clockjoin_np),
    SERVICE(pthread_detach),
    SERVICE(pthread_self),
    SERVICE(pthread_equal),
    SERVICE(sched_yield),
    SERVICE_AS("pthread_yield", sched_yield),
    SERVICE(pthread_once),
    SERVICE(heald_once_begins),
    SERVICE(heald_once_ends),
    SERVICE(pthread_key_create),
    SERVICE_AS("__pthread_key_create", pthread_key_create),
    SERVICE(pthread_setspecific),
    SERVICE(pthread_getspecific),
    SERVICE(pthread_key_delete),
    {0},
};
