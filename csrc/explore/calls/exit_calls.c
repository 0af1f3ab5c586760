/* SPDX-License-Identifier: MIT */
/*
 * exit_calls: how a program ends, and what its end says.
 *
 * Exit      exit() runs what at_exit.h tells and is the thread's last step. The others run on: whatever
 *           they do then they might have done before it. A status other than 0 is a failure.
 * Operation Of a subject it may not end the process at all, whatever the status.
 * Signals   Nobody handles them: one that is raised does what it does by default, which mostly ends
 *           the process. Being ignored is a state of the process, so it is a hidden location.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calls/exit_calls.h"
#include "calls/harness_calls.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/at_exit.h"
#include "program/entry.h"
#include "program/runtime.h"

__attribute__((noreturn)) static void leave(int status, const char *call, uint32_t site) {
    if (the_runtime->is_scenario)
        runtime_fail(FAILURE_EXIT_STATUS, site, "an operation ended the process: %s(%d)",
                     call, status);
    at_exit_judge(status, call, site);
    runtime_action(ACTION_EXIT, site)->operand[0] = (uint64_t)(unsigned)status;
    runtime_thread()->called_exit = true;
    runtime_stop();
}

SERVE(void, exit, (int status)) {
    uint32_t site = SITE;
    if (!the_runtime->is_scenario)
        at_exit_run(site);
    leave(status, "exit", site);
}

SERVE(void, _exit, (int status)) { leave(status, "_exit", SITE); }

SERVE(void, quick_exit, (int status)) {
    uint32_t site = SITE;
    if (!the_runtime->is_scenario)
        at_exit_run_quick(site);
    leave(status, "quick_exit", site);
}

/* The C++ library aborts when nobody catches an exception; it then knows the exception's type. */
static const char *uncaught_exception(void) {
    uintptr_t ask = image_symbol(&the_runtime->image, "__cxa_current_exception_type");
    void *const *type = ask ? ((void *const *(*)(void))ask)() : NULL;
    return type ? (const char *)type[1] : NULL; /* std::type_info: vtable, name */
}

/* Its default handler of std::terminate is the only thing there that aborts without an exception. */
static bool is_terminate(uint32_t site) {
    uintptr_t offset;
    const struct image *image = &the_runtime->image;
    const char *caller = site ? image_name(image, image->base + site - 1, &offset) : NULL;
    return caller && strstr(caller, "verbose_terminate_handler");
}

SERVE(void, abort, (void)) {
    uint32_t site = SITE;
    const char *type = uncaught_exception();
    if (harness_is_one())
        harness_stand_still(site);
    if (type)
        runtime_fail(FAILURE_EXCEPTION, site, "an exception of type `%s` was not caught",
                     type);
    runtime_fail(FAILURE_ABORT, site,
                 is_terminate(site) ? "std::terminate was called" : "abort was called");
}

SERVE(void, __assert_fail,
      (const char *condition, const char *file, unsigned line, const char *function)) {
    const char *slash = strrchr(file, '/');
    runtime_fail(FAILURE_ASSERT, SITE, "assertion `%s` failed in %s (%s:%u)", condition,
                 function ? function : "?", slash ? slash + 1 : file, line);
}

SERVE(void, __assert, (const char *condition, const char *file, int line)) {
    runtime_fail(FAILURE_ASSERT, SITE, "assertion `%s` failed (%s:%d)", condition, file,
                 line);
}

SERVE(void, __stack_chk_fail, (void)) {
    runtime_fail(FAILURE_OUT_OF_BOUNDS, SITE, "a local array was written past its end");
}

SERVE(void, __chk_fail, (void)) {
    runtime_fail(FAILURE_OUT_OF_BOUNDS, SITE, "a library call would overflow its buffer");
}

SERVE(int, atexit, (uintptr_t function)) {
    at_exit_add(function, 0, AT_EXIT_PLAIN, SITE);
    return 0;
}

SERVE(int, at_quick_exit, (uintptr_t function)) {
    at_exit_add(function, 0, AT_EXIT_QUICK, SITE);
    return 0;
}

SERVE(int, __cxa_at_quick_exit, (uintptr_t function, void *library)) {
    (void)library;
    at_exit_add(function, 0, AT_EXIT_QUICK, SITE);
    return 0;
}

SERVE(int, __cxa_atexit, (uintptr_t function, uintptr_t argument, void *library)) {
    (void)library;
    at_exit_add(function, argument, AT_EXIT_ARGUMENT, SITE);
    return 0;
}

/* The status is the function's first argument, the other one its second. */
SERVE(int, on_exit, (uintptr_t function, uintptr_t argument)) {
    (void)function;
    (void)argument;
    runtime_fail(FAILURE_UNSUPPORTED, SITE, "on_exit is not modelled: use atexit");
}

/* Destructors of thread-local objects: run when the thread ends. */
SERVE(int, __cxa_thread_atexit_impl,
      (uintptr_t function, uintptr_t argument, void *library)) {
    struct fiber_thread *thread = runtime_thread();
    (void)library;
    if (thread->destructor_count == RUNTIME_DESTRUCTORS)
        runtime_fail(FAILURE_UNSUPPORTED, SITE, "more than %d thread-local destructors",
                     RUNTIME_DESTRUCTORS);
    thread->destructors[thread->destructor_count++] = (struct at_exit){
        .function = function, .argument = argument, .kind = AT_EXIT_ARGUMENT};
    return 0;
}

/* --- signals ------------------------------------------------------------------------------ */

enum { SIGNALS = 64 };

/* 1 while the signal is ignored: below any address a program can have. */
static uintptr_t ignored_location(int signal) {
    return runtime_hidden((const void *)(uintptr_t)(LAYOUT_OF_SIGNALS + signal));
}

static bool is_harmless(int signal) {
    return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH ||
           signal == SIGCONT;
}

int exit_raise(int signal, const char *call, uint32_t site) {
    hidden_verb("signal");
    if (signal < 0 || signal > SIGNALS)
        return EINVAL;
    if (signal == 0)
        return 0; /* asks whether it could */
    if (runtime_thread()->blocked_signals >> (signal - 1) & 1)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "%s(SIG%s) while the signal is blocked is not modelled", call,
                     sigabbrev_np(signal) ? sigabbrev_np(signal) : "RT");
    if (signal == SIGABRT)
        runtime_fail(FAILURE_ABORT, site, "%s(SIGABRT) ends the process", call);
    if (is_harmless(signal) ||
        (signal != SIGKILL && signal != SIGSTOP &&
         hidden_load(ignored_location(signal), HIDDEN_ALWAYS, site)))
        return 0;
    runtime_fail(FAILURE_SIGNAL, site, "%s(SIG%s) ends the process", call,
                 sigabbrev_np(signal) ? sigabbrev_np(signal) : "RT");
}

static int as_call(int error) {
    if (error)
        runtime_thread()->error_number = error;
    return error ? -1 : 0;
}

SERVE(int, raise, (int signal)) { return as_call(exit_raise(signal, "raise", SITE)); }

SERVE(int, kill, (int process, int signal)) {
    uint32_t site = SITE;
    if (process != 1 && process != 0 && process != -1)
        return as_call(ESRCH); /* there is one process, and getpid says 1 */
    return as_call(exit_raise(signal, "kill", site));
}

SERVE(int, pthread_kill, (pthread_t thread, int signal)) {
    (void)thread;
    return exit_raise(signal, "pthread_kill", SITE);
}

SERVE(int, tgkill, (int process, int thread, int signal)) {
    (void)process;
    (void)thread;
    return as_call(exit_raise(signal, "tgkill", SITE));
}

/* What is done about a signal: by default, or nothing. A handler cannot be modelled. */
static uintptr_t set_handler(int signal, uintptr_t handler, uint32_t site) {
    hidden_verb("signal");
    if (signal < 1 || signal > SIGNALS || signal == SIGKILL || signal == SIGSTOP) {
        runtime_thread()->error_number = EINVAL;
        return (uintptr_t)SIG_ERR;
    }
    if (handler != (uintptr_t)SIG_IGN && handler != (uintptr_t)SIG_DFL)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "a handler of signal %d: signals are not modelled", signal);
    uint64_t ignores = handler == (uintptr_t)SIG_IGN;
    return hidden_rmw(ignored_location(signal), OP_EXCHANGE, ignores, HIDDEN_ALWAYS, site)
               ? (uintptr_t)SIG_IGN
               : (uintptr_t)SIG_DFL;
}

SERVE(uintptr_t, signal, (int signal, uintptr_t handler)) {
    return set_handler(signal, handler, SITE);
}

SERVE(int, sigaction, (int signal, const struct sigaction *new, struct sigaction *old)) {
    uint32_t site = SITE;
    uintptr_t before = 0;

    if (new) {
        access_ask(ACTION_READ, new, sizeof *new, site);
        before = set_handler(signal, (uintptr_t)new->sa_handler, site);
        if (before == (uintptr_t)SIG_ERR)
            return -1;
    } else if (signal < 1 || signal > SIGNALS) {
        return as_call(EINVAL);
    } else if (hidden_load(ignored_location(signal), HIDDEN_ALWAYS, site)) {
        before = (uintptr_t)SIG_IGN;
    }
    if (old) {
        access_ask(ACTION_WRITE, old, sizeof *old, site);
        memset(old, 0, sizeof *old);
        memcpy(&old->sa_handler, &before, sizeof before);
    }
    return 0;
}

/* Which signals wait: each thread's own. */
static int set_mask(int how, const uint64_t *set, uint64_t *old, uint32_t site) {
    struct fiber_thread *thread = runtime_thread();
    uint64_t before = thread->blocked_signals;

    if (set) {
        if (how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK)
            return EINVAL;
        access_ask(ACTION_READ, set, sizeof *set, site);
        thread->blocked_signals = how == SIG_BLOCK     ? before | *set
                                  : how == SIG_UNBLOCK ? before & ~*set
                                                       : *set;
    }
    if (old) {
        access_ask(ACTION_WRITE, old, sizeof(sigset_t), site);
        memset(old, 0, sizeof(sigset_t));
        *old = before;
    }
    return 0;
}

SERVE(int, pthread_sigmask, (int how, const uint64_t *set, uint64_t *old)) {
    return set_mask(how, set, old, SITE);
}

SERVE(int, sigprocmask, (int how, const uint64_t *set, uint64_t *old)) {
    return as_call(set_mask(how, set, old, SITE));
}

static int fill_set(sigset_t *set, int value, uint32_t site) {
    access_ask(ACTION_WRITE, set, sizeof *set, site);
    memset(set, value, sizeof *set);
    return 0;
}

SERVE(int, sigemptyset, (sigset_t * set)) { return fill_set(set, 0, SITE); }
SERVE(int, sigfillset, (sigset_t * set)) { return fill_set(set, 0xff, SITE); }

static int change_set(uint64_t *set, int signal, bool is_in, uint32_t site) {
    if (signal < 1 || signal > SIGNALS)
        return as_call(EINVAL);
    uint64_t bit = (uint64_t)1 << (signal - 1);
    access_ask(ACTION_READ, set, sizeof *set, site);
    access_ask(ACTION_WRITE, set, sizeof *set, site);
    *set = is_in ? *set | bit : *set & ~bit;
    return 0;
}

SERVE(int, sigaddset, (uint64_t *set, int signal)) {
    return change_set(set, signal, true, SITE);
}

SERVE(int, sigdelset, (uint64_t *set, int signal)) {
    return change_set(set, signal, false, SITE);
}

SERVE(int, sigismember, (const uint64_t *set, int signal)) {
    if (signal < 1 || signal > SIGNALS)
        return as_call(EINVAL);
    access_ask(ACTION_READ, set, sizeof *set, SITE);
    return *set >> (signal - 1) & 1;
}

const struct service exit_services[] = {
    SERVICE(exit),
    SERVICE(_exit),
    SERVICE_AS("_Exit", _exit),
    SERVICE(quick_exit),
    SERVICE(abort),
    SERVICE(__assert_fail),
    SERVICE(__assert),
    SERVICE(__stack_chk_fail),
    SERVICE(__chk_fail),
    SERVICE(atexit),
    SERVICE(at_quick_exit),
    SERVICE(__cxa_at_quick_exit),
    SERVICE(__cxa_atexit),
    SERVICE(on_exit),
    SERVICE(__cxa_thread_atexit_impl),
    SERVICE(raise),
    SERVICE(kill),
    SERVICE(pthread_kill),
    SERVICE(tgkill),
    SERVICE(signal),
    SERVICE(sigaction),
    SERVICE(pthread_sigmask),
    SERVICE(sigprocmask),
    SERVICE(sigemptyset),
    SERVICE(sigfillset),
    SERVICE(sigaddset),
    SERVICE(sigdelset),
    SERVICE(sigismember),
    {0},
};
