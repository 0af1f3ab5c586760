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

/* To this process alone, in argument 0, and not with these; the signal is argument `number`. */
#define OWN_SIGNALS_ONLY(call, number)                                                   \
    IF_EQUAL(call, 0, 8), LOAD_ARGUMENT(0), IF_EQUAL(self, 1, 0),                        \
        RETURN(SECCOMP_RET_TRAP), LOAD_ARGUMENT(number), IF_EQUAL(SIGKILL, 1, 0),        \
        IF_EQUAL(SIGSTOP, 0, 1), RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)

void confine_parser(void) {
#if defined(FILTER_ARCHITECTURE) && !PARSE_CHECKED
    const uint32_t self = (uint32_t)getpid();
    struct sock_filter program[] = {
        FILTER_ENTRY THREADS_ONLY REFUSE_CALL(SYS_ptrace),
        REFUSE_CALL(SYS_process_vm_writev),
        REFUSE_CALL(SYS_pidfd_send_signal),
        REFUSE_CALL(SYS_tkill),
        OWN_SIGNALS_ONLY(SYS_kill, 1),
        OWN_SIGNALS_ONLY(SYS_tgkill, 2),
        OWN_SIGNALS_ONLY(SYS_rt_sigqueueinfo, 1),
        OWN_SIGNALS_ONLY(SYS_rt_tgsigqueueinfo, 2),
        RETURN(SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    filter_install(&filter);
#endif
}
