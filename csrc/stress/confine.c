/* SPDX-License-Identifier: MIT */
/* confine: see confine.h */
#define _GNU_SOURCE
#include "confine.h"

#include <heald/filter.h>

#include <asm/sockios.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void limit(__rlimit_resource_t resource, uint64_t bytes) {
    const struct rlimit limit = {bytes, bytes};
    (void)setrlimit(resource, &limit); /* already lower: as good */
}

/* If memory runs out all the same, the kernel shall take this process. */
static void offer_to_oom_killer(void) {
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    (void)!write(file, "800", 3);
    close(file);
}

void confine_resources(uint64_t memory_bytes, uint64_t file_bytes) {
    /* RLIMIT_DATA counts what is really writable; address space is also reserved by
     * malloc's arenas, so it gets more. */
    limit(RLIMIT_DATA, memory_bytes);
    limit(RLIMIT_AS, memory_bytes * 8);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, file_bytes);
    signal(SIGXFSZ, SIG_IGN);
    offer_to_oom_killer();
}

/* Signals of which no last words come: they cannot be caught, or stop the process. */
#define REFUSE_SILENT_SIGNAL(argument)                                                   \
    LOAD_ARGUMENT(argument), IF_EQUAL(SIGKILL, 4, 0), IF_EQUAL(SIGSTOP, 3, 0),           \
        IF_EQUAL(SIGTSTP, 2, 0), IF_EQUAL(SIGTTIN, 1, 0), IF_EQUAL(SIGTTOU, 0, 1),       \
        RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)
/* For this process alone: nobody else's limits, places and turns. */
#define FOR_ITSELF_ONLY(call)                                                            \
    IF_EQUAL(call, 0, 5), LOAD_ARGUMENT(0), IF_EQUAL(0, 2, 0), IF_EQUAL(self, 1, 0),     \
        RETURN(SECCOMP_RET_TRAP), LOAD(nr)
#define IOPRIO_OF_A_USER 3
/* Threads have numbers of their own, so the filter knows only whom it may not be. */
#define NOT_FOR_THE_HOST(call, argument) REFUSE_VALUE_AND_GO_ON(call, argument, host)

static void filter_system_calls(void) {
#if defined(FILTER_ARCHITECTURE)
    const uint32_t self = (uint32_t)getpid(), host = (uint32_t)getppid();
    struct sock_filter program[] = {
        FILTER_ENTRY THREADS_ONLY LEAVE_THE_MACHINE REFUSE_CALL(SYS_ptrace),
        REFUSE_CALL(SYS_process_vm_writev),
        REFUSE_CALL(SYS_seccomp),
#if defined(SYS_pidfd_send_signal)
        REFUSE_CALL(SYS_pidfd_send_signal),
#endif
#if defined(__GLIBC__)
        REFUSE_CALL(SYS_tkill), /* names no process; other C libraries raise with it */
#endif
        REFUSE_VALUE_AND_GO_ON(SYS_prctl, 0, PR_SET_SECCOMP),
        REFUSE_VALUE(SYS_prctl, 0, PR_SET_PDEATHSIG),
        /* What tells of input tells this process, and not with what leaves no words. */
        REFUSE_VALUE_AND_GO_ON(SYS_ioctl, 1, FIOSETOWN),
        REFUSE_VALUE_AND_GO_ON(SYS_ioctl, 1, SIOCSPGRP),
        IF_EQUAL(SYS_fcntl, 0, 16),
        LOAD_ARGUMENT(1),
        IF_EQUAL(F_SETOWN_EX, 0, 1),
        RETURN(SECCOMP_RET_TRAP),
        IF_EQUAL(F_SETOWN, 0, 5),
        LOAD_ARGUMENT(2),
        IF_EQUAL(0, 2, 0),
        IF_EQUAL(self, 1, 0),
        RETURN(SECCOMP_RET_TRAP),
        RETURN(SECCOMP_RET_ALLOW),
        IF_EQUAL(F_SETSIG, 0, 5),
        LOAD_ARGUMENT(2),
        IF_EQUAL(SIGKILL, 1, 0),
        IF_EQUAL(SIGSTOP, 0, 1),
        RETURN(SECCOMP_RET_TRAP),
        RETURN(SECCOMP_RET_ALLOW),
        RETURN(SECCOMP_RET_ALLOW),
        NOT_FOR_THE_HOST(SYS_setpriority, 1),
        REFUSE_VALUE_AND_GO_ON(SYS_setpriority, 0, PRIO_USER),
        NOT_FOR_THE_HOST(SYS_ioprio_set, 1),
        REFUSE_VALUE_AND_GO_ON(SYS_ioprio_set, 0, IOPRIO_OF_A_USER),
        NOT_FOR_THE_HOST(SYS_sched_setaffinity, 0),
        NOT_FOR_THE_HOST(SYS_sched_setscheduler, 0),
        NOT_FOR_THE_HOST(SYS_sched_setparam, 0),
        NOT_FOR_THE_HOST(SYS_sched_setattr, 0),
        FOR_ITSELF_ONLY(SYS_prlimit64),
        OWN_SIGNALS_ONLY(REFUSE_SILENT_SIGNAL),
#if defined(SYS_setrlimit)
        REFUSE_VALUE(SYS_setrlimit, 0, RLIMIT_CPU),
#endif
        /* At its end the kernel kills, and does not say why. */
        IF_EQUAL(SYS_prlimit64, 0, 6),
        LOAD_ARGUMENT(2),
        IF_EQUAL(0, 3, 0),
        LOAD_ARGUMENT(1),
        IF_EQUAL(RLIMIT_CPU, 0, 1),
        RETURN(SECCOMP_RET_TRAP),
        RETURN(SECCOMP_RET_ALLOW),
        RETURN(SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof program / sizeof *program, program};
    filter_install(&filter); /* without: the process group and the limits must do */
#endif
}

void confine_process(pid_t parent) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before we asked to be told */
    filter_stay_apart();
    filter_system_calls();
}
