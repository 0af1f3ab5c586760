/* SPDX-License-Identifier: MIT */
/*
 * process_calls: how a program ends, what it asks the system, and what it may not.
 *
 * Exit      exit() runs the atexit functions and ends the execution at once. A return from main does
 *           the same but lets the other threads run on.
 * Constant  Identity and environment are the same in every run: no environment, one process.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "execution/failure.h"
#include "program/entry.h"
#include "program/runtime.h"

__attribute__((noreturn)) static void leave(int status, uint32_t site) {
    runtime_action(ACTION_EXIT, site)->operand[0] = (uint64_t)(unsigned)status;
    runtime_thread()->called_exit = true;
    runtime_stop();
}

SERVE(void, exit, (int status)) {
    uint32_t site = SITE;
    runtime_run_at_exit();
    leave(status, site);
}

SERVE(void, _exit, (int status)) { leave(status, SITE); }

/* The C++ library aborts when nobody catches an exception; it then knows the exception's type. */
static const char *uncaught_exception(void) {
    uintptr_t ask = image_symbol(&the_runtime->image, "__cxa_current_exception_type");
    void *const *type = ask ? ((void *const *(*)(void))ask)() : NULL;
    return type ? (const char *)type[1] : NULL; /* std::type_info: vtable, name */
}

SERVE(void, abort, (void)) {
    uint32_t site = SITE;
    const char *type = uncaught_exception();
    if (type)
        runtime_fail(FAILURE_EXCEPTION, site, "an exception of type `%s` was not caught",
                     type);
    runtime_fail(FAILURE_ABORT, site, "abort was called");
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

static int at_exit(uintptr_t function, uintptr_t argument, bool takes_argument,
                   uint32_t site) {
    struct runtime *runtime = the_runtime;

    if (runtime->at_exit_count == RUNTIME_AT_EXIT)
        runtime_fail(FAILURE_UNSUPPORTED, site, "more than %d atexit functions",
                     RUNTIME_AT_EXIT);
    runtime->at_exit[runtime->at_exit_count++] = (struct at_exit){
        .function = function,
        .argument = argument,
        .takes_argument = takes_argument,
        .thread = runtime_thread()->id,
    };
    return 0;
}

SERVE(int, atexit, (uintptr_t function)) { return at_exit(function, 0, false, SITE); }

SERVE(int, __cxa_atexit, (uintptr_t function, uintptr_t argument, void *library)) {
    (void)library;
    return at_exit(function, argument, true, SITE);
}

/* Destructors of thread-local objects: run when the thread ends. */
SERVE(int, __cxa_thread_atexit_impl,
      (uintptr_t function, uintptr_t argument, void *library)) {
    struct thread *thread = runtime_thread();
    (void)library;
    if (thread->destructor_count == RUNTIME_DESTRUCTORS)
        runtime_fail(FAILURE_UNSUPPORTED, SITE, "more than %d thread-local destructors",
                     RUNTIME_DESTRUCTORS);
    thread->destructors[thread->destructor_count++] = (struct at_exit){
        .function = function, .argument = argument, .takes_argument = true};
    return 0;
}

static char *no_environment[1];
static char **environment = no_environment;

SERVE(char *, getenv, (const char *name)) {
    (void)name;
    return NULL;
}

SERVE(int, getpid, (void)) { return 1; }
SERVE(int, gettid, (void)) { return (int)runtime_thread()->id + 1; }
SERVE(int, sched_getcpu, (void)) { return 0; }
SERVE(int, get_nprocs, (void)) { return 2; }

enum {
    SYSCONF_PAGESIZE = 30,
    SYSCONF_PROCESSORS_CONFIGURED = 83,
    SYSCONF_PROCESSORS = 84
};

SERVE(long, sysconf, (int name)) {
    switch (name) {
    case SYSCONF_PAGESIZE:
        return 4096;
    case SYSCONF_PROCESSORS_CONFIGURED:
    case SYSCONF_PROCESSORS:
        return 2;
    default:
        runtime_fail(FAILURE_UNSUPPORTED, SITE, "sysconf(%d) is not modelled", name);
    }
}

SERVE(int *, __errno_location, (void)) { return &runtime_thread()->error_number; }

static void not_raised(int signal, uint32_t site) {
    enum { SIGNAL_ABORT = 6 };
    if (signal == SIGNAL_ABORT)
        runtime_fail(FAILURE_ABORT, site, "SIGABRT was raised");
    runtime_fail(FAILURE_UNSUPPORTED, site, "raise(%d): signals are not modelled",
                 signal);
}

SERVE(int, raise, (int signal)) {
    not_raised(signal, SITE);
    return 0;
}

SERVE(int, sigprocmask, (int how, const void *set, void *old)) {
    (void)how;
    (void)set;
    (void)old;
    return 0;
}

/* --- random numbers: each thread's own sequence -------------------------------------------- */

static uint64_t next_random(struct thread *thread) {
    uint64_t z = thread->random_state += 0x9E3779B97F4A7C15u; /* SplitMix64 */
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

SERVE(int, rand, (void)) { return (int)(next_random(runtime_thread()) >> 33); }
SERVE(long, random, (void)) { return (long)(next_random(runtime_thread()) >> 33); }
SERVE(void, srand, (unsigned seed)) { runtime_thread()->random_state = seed; }
SERVE(uint32_t, arc4random, (void)) { return (uint32_t)next_random(runtime_thread()); }

SERVE(int, rand_r, (unsigned *seed)) {
    uint32_t site = SITE;
    runtime_access(ACTION_READ, seed, sizeof *seed, site);
    runtime_access(ACTION_WRITE, seed, sizeof *seed, site);
    *seed = *seed * 1103515245u + 12345u;
    return (int)(*seed >> 1);
}

const struct service process_services[] = {
    SERVICE(exit),
    SERVICE(_exit),
    SERVICE_AS("_Exit", _exit),
    SERVICE_AS("quick_exit", _exit),
    SERVICE(abort),
    SERVICE(__assert_fail),
    SERVICE(__assert),
    SERVICE(__stack_chk_fail),
    SERVICE(__chk_fail),
    SERVICE(atexit),
    SERVICE(__cxa_atexit),
    SERVICE(__cxa_thread_atexit_impl),
    SERVICE(getenv),
    SERVICE_AS("secure_getenv", getenv),
    {"environ", &environment},
    {"__environ", &environment},
    SERVICE(getpid),
    SERVICE(gettid),
    SERVICE(sched_getcpu),
    SERVICE(get_nprocs),
    SERVICE(sysconf),
    SERVICE(__errno_location),
    SERVICE(raise),
    SERVICE(sigprocmask),
    SERVICE_AS("pthread_sigmask", sigprocmask),
    SERVICE(rand),
    SERVICE(random),
    SERVICE(srand),
    SERVICE_AS("srandom", srand),
    SERVICE(rand_r),
    SERVICE(arc4random),
    {0},
};
