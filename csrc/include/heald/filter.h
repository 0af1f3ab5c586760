/* SPDX-License-Identifier: MIT */
/*
 * filter.h: words for a filter of system calls, as the kernel reads them.
 *
 * Why       All that run a stranger's code, on real threads, in the explorer and as a parser, are
 *           confined, each in its own way and in the same words.
 * Rules     Begin with FILTER_ENTRY; each word after it has the number of the call loaded, and
 *           one that loads an argument ends in RETURN. A refused call is a SIGSYS.
 */
#ifndef HEALD_FILTER_H
#define HEALD_FILTER_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* An engine that counts its lines writes the counts when it ends: nothing is filtered. */
#if defined(FILTER_NOTHING)
#elif defined(__x86_64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define FILTER_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

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
/* Refuse a call for one value of an argument. */
#define REFUSE_VALUE(call, argument, value)                                              \
    IF_EQUAL(call, 0, 4), LOAD_ARGUMENT(argument), IF_EQUAL(value, 0, 1),                \
        RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW)
/* The same, with more to ask about the call behind it. */
#define REFUSE_VALUE_AND_GO_ON(call, argument, value)                                    \
    IF_EQUAL(call, 0, 4), LOAD_ARGUMENT(argument), IF_EQUAL(value, 0, 1),                \
        RETURN(SECCOMP_RET_TRAP), LOAD(nr)

/* What has to be said of a call that names a process in argument 0: this one alone, `self`, and
 * then what follows, which ends in RETURN. */
#define TO_ITSELF(call, ...)                                                             \
    IF_EQUAL(call, 0,                                                                    \
             3 + sizeof((struct sock_filter[]){__VA_ARGS__}) /                           \
                     sizeof(struct sock_filter)),                                        \
        LOAD_ARGUMENT(0), IF_EQUAL(self, 1, 0), RETURN(SECCOMP_RET_TRAP), __VA_ARGS__
/* Signals to this process alone; WHICH(number) says which, from the argument of that number. */
#define OWN_SIGNALS_ONLY(WHICH)                                                          \
    TO_ITSELF(SYS_kill, WHICH(1)), TO_ITSELF(SYS_tgkill, WHICH(2)),                      \
        TO_ITSELF(SYS_rt_sigqueueinfo, WHICH(1)),                                        \
        TO_ITSELF(SYS_rt_tgsigqueueinfo, WHICH(2))

/* Starts no process: neither by the older entries, which newer architectures do without, nor by
 * clone3, whose flags are out of sight (the C library falls back to clone), nor by clone for
 * anything but a thread. Needs <sched.h>; a comma is behind each. */
#if defined(SYS_fork)
#define REFUSE_FORKS REFUSE_CALL(SYS_fork), REFUSE_CALL(SYS_vfork),
#else
#define REFUSE_FORKS
#endif
#if defined(SYS_clone3)
#define NO_CLONE3 IF_EQUAL(SYS_clone3, 0, 1), RETURN(SECCOMP_RET_ERRNO | ENOSYS),
#else
#define NO_CLONE3
#endif
#define THREADS_ONLY                                                                     \
    REFUSE_FORKS REFUSE_CALL(SYS_execve), REFUSE_CALL(SYS_execveat),                     \
        NO_CLONE3 IF_EQUAL(SYS_clone, 0, 4), LOAD_ARGUMENT(0),                           \
        IF_SET(CLONE_THREAD, 0, 1), RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_TRAP),

/* It dies with its parent: who it is stays, for with that the kernel forgets it, and it does not
 * ask for anything else itself. */
#define DIE_WITH_PARENT                                                                  \
    REFUSE_CALL(SYS_setuid), REFUSE_CALL(SYS_setgid), REFUSE_CALL(SYS_setreuid),         \
        REFUSE_CALL(SYS_setregid), REFUSE_CALL(SYS_setresuid),                           \
        REFUSE_CALL(SYS_setresgid), REFUSE_CALL(SYS_setfsuid),                           \
        REFUSE_CALL(SYS_setfsgid), REFUSE_CALL(SYS_setns), IF_EQUAL(SYS_prctl, 0, 6),    \
        LOAD_ARGUMENT(0), IF_EQUAL(PR_SET_PDEATHSIG, 0, 3), LOAD_ARGUMENT(1),            \
        IF_EQUAL(SIGKILL, 1, 0), RETURN(SECCOMP_RET_TRAP), LOAD(nr),
/* Nothing of what belongs to everybody on the machine: its mounts, clock, names, modules, swap,
 * its being up, and the descriptors of another process. A comma is behind each. */
#if defined(SYS_kexec_file_load)
#define NO_KEXEC_FILE REFUSE_CALL(SYS_kexec_file_load),
#else
#define NO_KEXEC_FILE
#endif
#if defined(SYS_pidfd_getfd)
#define NO_FOREIGN_DESCRIPTORS REFUSE_CALL(SYS_pidfd_getfd),
#else
#define NO_FOREIGN_DESCRIPTORS
#endif
#if defined(SYS_move_mount)
#define NO_MOVED_MOUNT REFUSE_CALL(SYS_move_mount),
#else
#define NO_MOVED_MOUNT
#endif
#define LEAVE_THE_MACHINE                                                                \
    DIE_WITH_PARENT NO_KEXEC_FILE NO_FOREIGN_DESCRIPTORS NO_MOVED_MOUNT REFUSE_CALL(     \
        SYS_mount),                                                                      \
        REFUSE_CALL(SYS_umount2), REFUSE_CALL(SYS_pivot_root), REFUSE_CALL(SYS_reboot),  \
        REFUSE_CALL(SYS_kexec_load), REFUSE_CALL(SYS_init_module),                       \
        REFUSE_CALL(SYS_finit_module), REFUSE_CALL(SYS_delete_module),                   \
        REFUSE_CALL(SYS_swapon), REFUSE_CALL(SYS_swapoff),                               \
        REFUSE_CALL(SYS_settimeofday), REFUSE_CALL(SYS_clock_settime),                   \
        REFUSE_CALL(SYS_sethostname), REFUSE_CALL(SYS_setdomainname),                    \
        REFUSE_CALL(SYS_acct),

/* The 32-bit entry, and x32's, would be ways around all of the rest. */
#if defined(__X32_SYSCALL_BIT)
#define REFUSE_X32                                                                       \
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __X32_SYSCALL_BIT, 0, 1),                        \
        RETURN(SECCOMP_RET_TRAP),
#else
#define REFUSE_X32
#endif
#define FILTER_ENTRY                                                                     \
    LOAD(arch), IF_EQUAL(FILTER_ARCHITECTURE, 1, 0), RETURN(SECCOMP_RET_TRAP), LOAD(nr), \
        REFUSE_X32

/* A kernel without filters lets everything pass. */
static inline void filter_install(const struct sock_fprog *filter) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0);
}

/* A root could do more to the machine than any other user: take turns before all others, which
 * stops it where threads spin, reach its ports, clock and log, load programs into its kernel.
 * What mounts (CAP_SYS_ADMIN) stays: the sources and sinks of transfers are file systems. */
static inline void filter_live_as_a_user(void) {
    enum { PERFMON = 38, BPF, CHECKPOINT }; /* older headers have none */
    static const int not_his[] = {CAP_SYS_NICE,  CAP_SYS_TIME,       CAP_SYS_RAWIO,
                                  CAP_SYS_BOOT,  CAP_SYS_MODULE,     CAP_SYS_PACCT,
                                  CAP_SYSLOG,    CAP_SYS_TTY_CONFIG, CAP_WAKE_ALARM,
                                  CAP_MAC_ADMIN, CAP_BLOCK_SUSPEND,  PERFMON,
                                  BPF,           CHECKPOINT};
    struct __user_cap_header_struct who = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct can[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &who, can) != 0)
        return;
    for (size_t i = 0; i < sizeof not_his / sizeof *not_his; i++) {
        struct __user_cap_data_struct *word = &can[not_his[i] / 32];
        const uint32_t others = ~(UINT32_C(1) << (not_his[i] % 32));
        word->effective &= others;
        word->permitted &= others;
        word->inheritable &= others;
    }
    (void)syscall(SYS_capset, &who, can);
}

/* Before a filter: the memory and descriptors of processes that are not confined like this one
 * cannot be reached through /proc either, not even by root. Landlock wants something to refuse
 * beside that: making devices. A kernel without it lets everything pass. */
static inline void filter_stay_apart(void) {
    enum { CREATE = 444, RESTRICT = 446 }; /* on all architectures */
    const uint64_t make_device = UINT64_C(1) << 11;
    filter_live_as_a_user();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return;
    long rules = syscall(CREATE, &make_device, sizeof make_device, 0);
    if (rules < 0)
        return;
    (void)syscall(RESTRICT, rules, 0);
    close((int)rules);
}

#endif
