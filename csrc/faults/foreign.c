/* SPDX-License-Identifier: MIT */
/* foreign: see foreign.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "foreign.h"

#include "foreign_bytes.h"
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct counts {
    long calls, shortened, interrupted, failed;
    long of_kind; /* of the kind of which one is to fail */
};

/* By a call that is not trapped: nobody listens yet. */
static int pass_listener(int channel, int listener) {
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part,
                                          .msg_iovlen = 1,
                                          .msg_control = control,
                                          .msg_controllen = sizeof control}};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message.msg_hdr);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    return syscall(SYS_sendmmsg, channel, &message, 1, 0, NOTIFY_OURSELVES) == 1 ? 0 : -1;
}

static int take_listener(int channel) {
    char byte, control[CMSG_SPACE(sizeof(int))];
    int listener = -1;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1)
        return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL)
        memcpy(&listener, CMSG_DATA(header), sizeof listener);
    return listener;
}

/* The process of a thread: it may be any descendant of the program, with descriptors of its
 * own. Returns a pidfd, or -1. */
static int process_of(uint32_t thread) {
    char name[64], line[128];
    int found = (int)syscall(SYS_pidfd_open, (pid_t)thread, 0), group = 0;
    if (found >= 0)
        return found;
    snprintf(name, sizeof name, "/proc/%u/status", thread);
    FILE *status = fopen(name, "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "Tgid: %d", &group) == 1)
            break;
    if (status != NULL)
        fclose(status);
    return group > 0 ? (int)syscall(SYS_pidfd_open, group, 0) : -1;
}

static int copy_descriptor(int program, uint64_t number) {
    return (int)syscall(SYS_pidfd_getfd, program, (int)number, 0);
}

/* Reads or writes the program's offset variable; 0, or -1. */
static int offset_at(uint32_t process, uint64_t address, off_t *value, int store) {
    struct iovec here = {value, sizeof *value};
    struct iovec there = {(void *)(uintptr_t)address, sizeof *value};
    ssize_t n = store ? process_vm_writev((pid_t)process, &here, 1, &there, 1, 0)
                      : process_vm_readv((pid_t)process, &here, 1, &there, 1, 0);
    return n == (ssize_t)sizeof *value ? 0 : -1;
}

/* Where each call has its descriptors, offset pointers and count. */
struct form {
    int first, second;               /* argument numbers of the descriptors */
    int first_offset, second_offset; /* of the offset pointers, -1: none */
    int count;
    int source; /* 0 or 1: which of the two is read */
};

static struct form form_of(int number) {
    if (number == SYS_sendfile)
        return (struct form){0, 1, 2, -1, 3, 1};
    if (number == SYS_tee)
        return (struct form){0, 1, -1, -1, 2, 0};
    return (struct form){0, 2, 1, 3, 4, 0};
}

static ssize_t make_call(const struct seccomp_data *d, const int ends[2],
                         off_t *offsets[2], size_t bytes) {
    unsigned flags = (unsigned)d->args[d->nr == SYS_tee ? 3 : 5];
    switch (d->nr) {
    case SYS_sendfile:
        return sendfile(ends[0], ends[1], offsets[0], bytes);
    case SYS_tee:
        return tee(ends[0], ends[1], bytes, flags);
    case SYS_splice:
        return splice(ends[0], offsets[0], ends[1], offsets[1], bytes, flags);
    default:
        return copy_file_range(ends[0], offsets[0], ends[1], offsets[1], bytes, flags);
    }
}

/* Makes the call for the program, cut to `most` bytes: bytes, -errno, or FOREIGN_LEFT. */
static ssize_t make_shorter(const struct seccomp_notif *asked, size_t most) {
    int program = process_of(asked->pid);
    const struct seccomp_data *d = &asked->data;
    struct form form = form_of(d->nr);
    int ends[2] = {copy_descriptor(program, d->args[form.first]),
                   copy_descriptor(program, d->args[form.second])};
    int places[2] = {form.first_offset, form.second_offset};
    off_t values[2], *offsets[2] = {NULL, NULL};
    ssize_t n = ends[0] < 0 || ends[1] < 0 ? -EBADF : 0;
    if (n == 0)
        n = foreign_bytes_unready(ends[form.source], POLLIN);
    if (n == 0)
        n = foreign_bytes_unready(ends[!form.source], POLLOUT);
    for (int i = 0; i < 2 && n == 0; i++)
        if (places[i] >= 0 && d->args[places[i]] != 0) {
            offsets[i] = &values[i];
            if (offset_at(asked->pid, d->args[places[i]], offsets[i], 0) != 0)
                n = -EFAULT;
        }
    if (n == 0) {
        n = make_call(d, ends, offsets,
                      d->args[form.count] < most ? d->args[form.count] : most);
        n = n < 0 ? -errno : n;
    }
    for (int i = 0; i < 2; i++) {
        if (n > 0 && offsets[i] != NULL)
            offset_at(asked->pid, d->args[places[i]], offsets[i], 1);
        if (ends[i] >= 0)
            close(ends[i]);
    }
    if (program >= 0)
        close(program);
    return n;
}

static bool fails_now(const struct seccomp_notif *asked, const struct foreign_plan *plan,
                      struct counts *c) {
    return foreign_parts_kind_of(asked->data.nr) == plan->fail_kind &&
           plan->fail_kind != 0 && ++c->of_kind == plan->fail_at;
}

/* As make_shorter, for read and write. */
static ssize_t copy_shorter(const struct seccomp_notif *asked, char **command,
                            const struct foreign_plan *plan, struct counts *c,
                            size_t *wanted) {
    int program = process_of(asked->pid);
    int copy = copy_descriptor(program, asked->data.args[0]);
    ssize_t n = FOREIGN_LEFT;
    if (copy >= 0 && asked->data.args[0] != STDERR_FILENO &&
        foreign_bytes_matters(copy, command)) {
        c->calls++;
        if (fails_now(asked, plan, c)) {
            c->failed++;
            n = plan->fail_kind == FOREIGN_READ ? -EIO : -ENOSPC;
        } else {
            n = foreign_bytes_move(asked, copy, (size_t)plan->most, wanted);
        }
    }
    if (copy >= 0)
        close(copy);
    if (program >= 0)
        close(program);
    return n;
}

static ssize_t decide(const struct seccomp_notif *asked, char **command,
                      const struct foreign_plan *plan, struct counts *c, size_t *wanted) {
    if (foreign_parts_kind_of(asked->data.nr) != 0)
        return copy_shorter(asked, command, plan, c, wanted);
    c->calls++;
    if (asked->data.nr == SYS_vmsplice)
        return FOREIGN_LEFT;
    if (plan->interrupt > 0 && c->calls % plan->interrupt == 0)
        return -EINTR;
    *wanted = asked->data.args[form_of(asked->data.nr).count];
    return make_shorter(asked, (size_t)plan->most);
}

static void answer(int listener, char **command, const struct foreign_plan *plan,
                   struct counts *c) {
    struct seccomp_notif asked = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return;
    struct seccomp_notif_resp reply = {.id = asked.id};
    size_t wanted = 0;
    ssize_t n = decide(&asked, command, plan, c, &wanted);
    if (n == FOREIGN_LEFT) {
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else {
        c->interrupted += n == -EINTR;
        c->shortened += n > 0 && n <= plan->most && (size_t)n < wanted;
        reply.error = n < 0 ? (int)n : 0;
        reply.val = n < 0 ? 0 : n;
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void supervise(int listener, char **command, const struct foreign_plan *plan,
                      struct counts *counts) {
    struct pollfd one = {.fd = listener, .events = POLLIN};
    while (poll(&one, 1, -1) >= 0 || errno == EINTR) {
        if (one.revents & POLLIN)
            answer(listener, command, plan, counts);
        else if (one.revents != 0)
            return;
    }
}

static void become(char **command, int channel, long bytes) {
    int listener = notify_trap_calls(bytes != 0);
    if (listener < 0 || pass_listener(channel, listener) != 0)
        _exit(125);
    close(listener);
    execvp(command[0], command);
    _exit(127);
}

int foreign_run(char **command, const struct foreign_plan *plan, int report) {
    struct counts counts = {0};
    int channel[2], status = 0;
    signal(SIGPIPE, SIG_IGN); /* of the calls that are made here */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        return 125;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        become(command, channel[1], plan->bytes);
    }
    close(channel[1]);
    int listener = take_listener(channel[0]);
    if (listener >= 0)
        supervise(listener, command, plan, &counts);
    else
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    dprintf(report, "%ld %ld %ld %ld\n", counts.calls, counts.shortened,
            counts.interrupted, counts.failed);
    if (listener < 0)
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
