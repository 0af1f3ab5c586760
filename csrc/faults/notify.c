/* SPDX-License-Identifier: MIT */
/*
 * notify: see notify.h.
 *
 * Threads   The case runs in a thread of its own that puts the filter on itself; this thread
 *           is the supervisor. Both share descriptors and memory, so the supervisor can make
 *           the call with the very arguments, only the count is smaller.
 * Trapped   sendfile, splice, tee, vmsplice, copy_file_range. The fixture and the peers inherit
 *           the filter and use none of them.
 * Waits     are not trapped, so spinning is not judged here.
 * SIGPIPE   of a call that the supervisor makes is raised in the supervisor: it is blocked.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "notify.h"

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST_FROM 200
#define MOST_PARTS 16
#define LOOK_MS 20

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#define THIS_ARCH 0
#endif

#define IF_CALL(name)                                                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                               \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

/* With `bytes` also the calls that copy. */
#define IF_COPYING(name)                                                                 \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bytes ? SYS_##name : UINT32_MAX, 0, 1),          \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

int notify_trap_calls(int bytes) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        IF_CALL(sendfile),
        IF_CALL(splice),
        IF_CALL(tee),
        IF_CALL(vmsplice),
        IF_CALL(copy_file_range),
        IF_COPYING(read),
        IF_COPYING(write),
        IF_COPYING(pread64),
        IF_COPYING(pwrite64),
        IF_COPYING(readv),
        IF_COPYING(writev),
        IF_COPYING(preadv),
        IF_COPYING(pwritev),
        IF_COPYING(preadv2),
        IF_COPYING(pwritev2),
        IF_COPYING(recvfrom),
        IF_COPYING(sendto),
        IF_COPYING(recvmsg),
        IF_COPYING(sendmsg),
        IF_COPYING(recvmmsg),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bytes ? SYS_sendmmsg : UINT32_MAX, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NOTIFY_OURSELVES, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (listener < 0)
        return -1;
    int kept = fcntl(listener, F_DUPFD_CLOEXEC, HOST_FROM);
    close(listener);
    return kept;
}

static ssize_t vmsplice_cut(const struct seccomp_data *d, size_t bytes) {
    struct iovec parts[MOST_PARTS];
    const struct iovec *from = (const struct iovec *)(uintptr_t)d->args[1];
    size_t used = 0;
    for (; used < d->args[2] && used < MOST_PARTS && bytes > 0; used++) {
        parts[used] = from[used];
        if (parts[used].iov_len > bytes)
            parts[used].iov_len = bytes;
        bytes -= parts[used].iov_len;
    }
    return vmsplice((int)d->args[0], parts, used, (unsigned)d->args[3]);
}

static size_t asked_by(const struct seccomp_data *d) {
    const struct iovec *parts = (const struct iovec *)(uintptr_t)d->args[1];
    size_t total = 0;
    switch (d->nr) {
    case SYS_sendfile:
        return d->args[3];
    case SYS_tee:
        return d->args[2];
    case SYS_vmsplice:
        for (size_t i = 0; i < d->args[2]; i++)
            total += parts[i].iov_len;
        return total;
    default: /* splice and copy_file_range */
        return d->args[4];
    }
}

static int which_of(const struct seccomp_data *d) {
    switch (d->nr) {
    case SYS_sendfile:
        return SHIM_SENDFILE;
    case SYS_splice:
        return SHIM_SPLICE;
    case SYS_tee:
        return SHIM_TEE;
    case SYS_vmsplice:
        return SHIM_VMSPLICE;
    default:
        return SHIM_COPY_FILE_RANGE;
    }
}

/* Makes the call for the subject, with another count: bytes, or -1 with errno. */
static ssize_t perform(const struct seccomp_data *d, size_t bytes) {
    off_t *second = (off_t *)(uintptr_t)d->args[1];
    off_t *fourth = (off_t *)(uintptr_t)d->args[3];
    switch (d->nr) {
    case SYS_sendfile:
        return sendfile((int)d->args[0], (int)d->args[1], (off_t *)(uintptr_t)d->args[2],
                        bytes);
    case SYS_splice:
        return splice((int)d->args[0], second, (int)d->args[2], fourth, bytes,
                      (unsigned)d->args[5]);
    case SYS_tee:
        return tee((int)d->args[0], (int)d->args[1], bytes, (unsigned)d->args[3]);
    case SYS_vmsplice:
        return vmsplice_cut(d, bytes);
    default:
        return copy_file_range((int)d->args[0], second, (int)d->args[2], fourth, bytes,
                               (unsigned)d->args[5]);
    }
}

/* Answers one notification as the script says. */
static void answer(int listener, const struct seccomp_notif *asked) {
    struct seccomp_notif_resp reply = {.id = asked->id};
    const struct seccomp_data *d = &asked->data;
    int which = which_of(d), step;
    size_t count = asked_by(d);
    ssize_t returned = shim_take_step(&the_shim, which, count, &step);
    if (returned >= 0) {
        returned = perform(d, (size_t)returned);
        if (returned < 0)
            returned = -errno;
    }
    shim_record(&the_shim, which, count, returned, step, NULL);
    the_shim.refused = the_shim.spins = 0;
    reply.val = returned < 0 ? 0 : returned;
    reply.error = returned < 0 ? (int)returned : 0;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

struct supervised {
    const struct subject *subject;
    const struct fault_case *the_case;
    struct fault_result *result;
    _Atomic int listener; /* -2: not there yet, -1: refused */
    _Atomic int error;
    _Atomic bool returned;
};

static void *run_trapped(void *argument) {
    struct supervised *s = argument;
    int listener = notify_trap_calls(0);
    atomic_store(&s->error, errno);
    atomic_store(&s->listener, listener);
    if (listener >= 0)
        run_case(s->subject, s->the_case, s->result);
    atomic_store(&s->returned, true);
    return NULL;
}

/* Ends when nobody is left who has the filter, or only threads that the subject left behind. */
static void supervise(int listener, const _Atomic bool *returned) {
    struct pollfd one = {.fd = listener, .events = POLLIN};
    struct seccomp_notif asked;
    for (;;) {
        int ready = poll(&one, 1, LOOK_MS);
        if (ready == 0 && atomic_load(returned))
            return;
        if (ready <= 0)
            continue;
        if (one.revents & POLLIN) {
            memset(&asked, 0, sizeof asked);
            if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0)
                answer(listener, &asked);
        } else if (one.revents & (POLLHUP | POLLERR | POLLNVAL)) {
            return;
        }
    }
}

void notify_run_case(const struct subject *subject, const struct fault_case *the_case,
                     struct fault_result *result) {
    struct supervised s = {subject, the_case, result, -2, 0, false};
    pthread_t thread;
    sigset_t pipe_signal, before;
    memset(result, 0, sizeof *result);
    result->broken = BROKEN_ENGINE;
    if (pthread_create(&thread, NULL, run_trapped, &s) != 0)
        return;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    while (atomic_load(&s.listener) == -2)
        sched_yield();
    int listener = atomic_load(&s.listener);
    if (listener >= 0)
        supervise(listener, &s.returned);
    pthread_join(thread, NULL);
    static const struct timespec at_once = {0, 0};
    while (sigtimedwait(&pipe_signal, NULL, &at_once) > 0)
        continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (listener >= 0)
        close(listener);
    else
        result->error = atomic_load(&s.error);
}

int notify_missing(void) {
    pid_t child = fork();
    if (child == 0) {
        int listener = notify_trap_calls(0);
        _exit(listener >= 0 ? 0 : errno);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}
