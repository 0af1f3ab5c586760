/* SPDX-License-Identifier: MIT */
/* confine: see confine.h */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "confine.h"

#include <heald/filter.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

/* Those that cannot be caught leave nothing to tell. */
#define REFUSE_SILENT_SIGNAL(argument)                                                   \
    LOAD_ARGUMENT(argument), IF_EQUAL(SIGKILL, 1, 0), IF_EQUAL(SIGSTOP, 0, 1),           \
        RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)

/* Who takes over how crashes end hides what it reads outside. The harness itself says who it is;
 * to ask who has a signal (argument 1 is NULL) changes nothing. */
#define KEEP_HANDLERS                                                                    \
    IF_EQUAL(SYS_rt_sigaction, 0, 15), LOAD_ARGUMENT(4),                                 \
        IF_EQUAL(CONFINE_OURSELVES, 12, 0), LOAD_ARGUMENT(1), IF_EQUAL(0, 10, 0),        \
        LOAD_ARGUMENT(0), IF_EQUAL(SIGSEGV, 7, 0), IF_EQUAL(SIGBUS, 6, 0),               \
        IF_EQUAL(SIGFPE, 5, 0), IF_EQUAL(SIGILL, 4, 0), IF_EQUAL(SIGABRT, 3, 0),         \
        IF_EQUAL(SIGSYS, 2, 0), IF_EQUAL(SIGPROF, 1, 0), RETURN(SECCOMP_RET_ALLOW),      \
        RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)

void confine_parser(void) {
#if defined(FILTER_ARCHITECTURE) && !PARSE_CHECKED
    const uint32_t self = (uint32_t)getpid();
    struct sock_filter program[] = {
        FILTER_ENTRY THREADS_ONLY LEAVE_THE_MACHINE REFUSE_CALL(SYS_ptrace),
        REFUSE_CALL(SYS_process_vm_writev),
        REFUSE_CALL(SYS_pidfd_send_signal),
        REFUSE_CALL(SYS_tkill),
        KEEP_HANDLERS,
        OWN_SIGNALS_ONLY(REFUSE_SILENT_SIGNAL),
        RETURN(SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    filter_stay_apart();
    filter_install(&filter);
#endif
}
