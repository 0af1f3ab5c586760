/* SPDX-License-Identifier: MIT */
/* confine: see confine.h */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
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

#define LOAD(field)                                                                      \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define LOAD_ARGUMENT(n)                                                                 \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                                   \
             (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n)))
#define IF_EQUAL(value, then, otherwise)                                                 \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), then, otherwise)
#define IF_SET(bits, then, otherwise)                                                    \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), then, otherwise)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE_CALL(number) IF_EQUAL(number, 0, 1), RETURN(SECCOMP_RET_TRAP)
/* Signals of which no last words come: they cannot be caught, or stop the process. */
#define REFUSE_SILENT_SIGNAL(argument)                                                   \
    LOAD_ARGUMENT(argument), IF_EQUAL(SIGKILL, 4, 0), IF_EQUAL(SIGSTOP, 3, 0),           \
        IF_EQUAL(SIGTSTP, 2, 0), IF_EQUAL(SIGTTIN, 1, 0), IF_EQUAL(SIGTTOU, 0, 1),       \
        RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)
/* To this process alone, in `process`; the signal is argument `number`. */
#define OWN_SIGNALS_ONLY(call, process, number)                                          \
    IF_EQUAL(call, 0, 11), LOAD_ARGUMENT(process), IF_EQUAL(self, 1, 0),                 \
        RETURN(SECCOMP_RET_TRAP), REFUSE_SILENT_SIGNAL(number)
/* Refuse a call for one value of an argument. */
#define REFUSE_VALUE(call, argument, value)                                              \
    IF_EQUAL(call, 0, 4), LOAD_ARGUMENT(argument), IF_EQUAL(value, 0, 1),                \
        RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

static void filter_system_calls(void) {
#if defined(ARCHITECTURE)
    const uint32_t self = (uint32_t)getpid();
    struct sock_filter program[] = {
        LOAD(arch),
        IF_EQUAL(ARCHITECTURE, 1, 0),
        RETURN(SECCOMP_RET_TRAP), /* the 32-bit entry would be a way around all of this */
        LOAD(nr),
#if defined(__X32_SYSCALL_BIT)
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __X32_SYSCALL_BIT, 0, 1),
        RETURN(SECCOMP_RET_TRAP),
#endif
#if defined(SYS_fork)
        REFUSE_CALL(SYS_fork),
        REFUSE_CALL(SYS_vfork),
#endif
        REFUSE_CALL(SYS_execve),
        REFUSE_CALL(SYS_execveat),
        REFUSE_CALL(SYS_ptrace),
        REFUSE_CALL(SYS_process_vm_writev),
        REFUSE_CALL(SYS_seccomp),
#if defined(SYS_pidfd_send_signal)
        REFUSE_CALL(SYS_pidfd_send_signal),
#endif
#if defined(__GLIBC__)
        REFUSE_CALL(SYS_tkill), /* names no process; other C libraries raise with it */
#endif
#if defined(SYS_clone3)
        /* Its flags are out of sight; the C library then falls back to clone. */
        IF_EQUAL(SYS_clone3, 0, 1),
        RETURN(SECCOMP_RET_ERRNO | ENOSYS),
#endif
        IF_EQUAL(SYS_clone, 0, 4),
        LOAD_ARGUMENT(0),
        IF_SET(CLONE_THREAD, 0, 1),
        RETURN(SECCOMP_RET_ALLOW),
        RETURN(SECCOMP_RET_TRAP),
        REFUSE_VALUE(SYS_prctl, 0, PR_SET_PDEATHSIG),
        OWN_SIGNALS_ONLY(SYS_kill, 0, 1),
        OWN_SIGNALS_ONLY(SYS_tgkill, 0, 2),
        OWN_SIGNALS_ONLY(SYS_rt_sigqueueinfo, 0, 1),
        OWN_SIGNALS_ONLY(SYS_rt_tgsigqueueinfo, 0, 2),
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
    /* A kernel without filters: the process group and the limits must do. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0);
#endif
}

void confine_process(pid_t parent) {
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before we asked to be told */
    filter_system_calls();
}
