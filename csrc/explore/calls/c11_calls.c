/* SPDX-License-Identifier: MIT */
/* c11_calls: <threads.h>, in terms of the POSIX calls. Only results and the names of types differ. */
#include <pthread.h>
#include <string.h>
#include <threads.h>
#include <time.h>

#include "calls/condition_calls.h"
#include "calls/lock_calls.h"
#include "calls/tables.h"
#include "calls/thread_calls.h"
#include "calls/time_calls.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"
#include "program/threads.h"

static pthread_mutex_t *as_mutex(mtx_t *mutex) {
    return (pthread_mutex_t *)(void *)mutex;
}
static pthread_cond_t *as_condition(cnd_t *condition) {
    return (pthread_cond_t *)(void *)condition;
}
static int answer(int error, int otherwise) { return error ? otherwise : thrd_success; }

_Static_assert(sizeof(mtx_t) >= sizeof(struct __pthread_mutex_s), "a mutex's kind fits");

SERVE(int, thrd_create, (thrd_t * handle, uintptr_t routine, uintptr_t argument)) {
    thread_create(handle, routine, argument, SITE);
    return thrd_success;
}

SERVE(int, thrd_join, (thrd_t handle, int *result)) {
    uint32_t site = SITE;
    uintptr_t value = thread_join(handle, site);
    if (result) {
        access_ask(ACTION_WRITE, result, sizeof *result, site);
        *result = (int)value;
    }
    return thrd_success;
}

SERVE(int, thrd_detach, (thrd_t handle)) {
    thread_detach(handle, SITE);
    return thrd_success;
}

SERVE(thrd_t, thrd_current, (void)) { return (thrd_t)thread_self(); }
SERVE(int, thrd_equal, (thrd_t a, thrd_t b)) { return a == b; }
SERVE(void, thrd_exit, (int result)) { thread_finish((uintptr_t)(unsigned)result); }
SERVE(void, thrd_yield, (void)) { thread_yield(SITE); }

SERVE(int, mtx_init, (mtx_t * mutex, int type)) {
    int kind = type & mtx_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL;
    return answer(lock_mutex_init(as_mutex(mutex), kind, SITE), thrd_error);
}

SERVE_READ(int, mtx_lock, (mtx_t * mutex)) {
    return answer(lock_mutex(as_mutex(mutex), NOTED_SITE), thrd_error);
}

SERVE_READ(int, mtx_trylock, (mtx_t * mutex)) {
    return answer(lock_mutex_try(as_mutex(mutex), NOTED_SITE), thrd_busy);
}

SERVE_READ(int, mtx_timedlock, (mtx_t * mutex, const struct timespec *deadline)) {
    return answer(lock_mutex_try(as_mutex(mutex), time_limit(deadline, NOTED_SITE)),
                  thrd_timedout);
}

SERVE(int, mtx_unlock, (mtx_t * mutex)) {
    return answer(lock_mutex_unlock(as_mutex(mutex), SITE), thrd_error);
}

SERVE(void, mtx_destroy, (mtx_t * mutex)) { lock_mutex_destroy(as_mutex(mutex), SITE); }

SERVE(int, cnd_init, (cnd_t * condition)) {
    return answer(condition_init(as_condition(condition), SITE), thrd_error);
}

SERVE_READ(int, cnd_wait, (cnd_t * condition, mtx_t *mutex)) {
    uint32_t site = the_runtime->wakes_spuriously ? NOTED_SITE : SITE;

    return answer(condition_wait(as_condition(condition), as_mutex(mutex), site),
                  thrd_error);
}

SERVE_READ(int, cnd_timedwait,
           (cnd_t * condition, mtx_t *mutex, const struct timespec *deadline)) {
    return answer(condition_timed_wait(as_condition(condition), as_mutex(mutex),
                                       time_limit(deadline, NOTED_SITE)),
                  thrd_timedout);
}

SERVE(int, cnd_signal, (cnd_t * condition)) {
    return answer(condition_signal(as_condition(condition), SITE), thrd_error);
}

SERVE(int, cnd_broadcast, (cnd_t * condition)) {
    return answer(condition_broadcast(as_condition(condition), SITE), thrd_error);
}

SERVE(void, cnd_destroy, (cnd_t * condition)) {
    condition_destroy(as_condition(condition), SITE);
}

SERVE(void, call_once, (once_flag * control, uintptr_t routine)) {
    thread_once(control, routine, SITE);
}

SERVE(int, tss_create, (tss_t * key, uintptr_t destructor)) {
    return answer(thread_key_create(key, destructor, SITE), thrd_error);
}

SERVE(int, tss_set, (tss_t key, uintptr_t value)) {
    return answer(thread_key_set(key, value), thrd_error);
}

SERVE(uintptr_t, tss_get, (tss_t key)) { return thread_key_get(key); }
SERVE(void, tss_delete, (tss_t key)) { thread_key_delete(key); }

const struct service c11_services[] = {
    SERVICE(thrd_create),
    SERVICE(thrd_join),
    SERVICE(thrd_detach),
    SERVICE(thrd_current),
    SERVICE(thrd_equal),
    SERVICE(thrd_exit),
    SERVICE(thrd_yield),
    SERVICE(mtx_init),
    SERVICE_READ(mtx_lock),
    SERVICE_READ(mtx_trylock),
    SERVICE_READ(mtx_timedlock),
    SERVICE(mtx_unlock),
    SERVICE(mtx_destroy),
    SERVICE(cnd_init),
    SERVICE_READ(cnd_wait),
    SERVICE_READ(cnd_timedwait),
    SERVICE(cnd_signal),
    SERVICE(cnd_broadcast),
    SERVICE(cnd_destroy),
    SERVICE(call_once),
    SERVICE(tss_create),
    SERVICE(tss_set),
    SERVICE(tss_get),
    SERVICE(tss_delete),
    {0},
};
