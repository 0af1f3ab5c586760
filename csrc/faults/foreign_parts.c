/* SPDX-License-Identifier: MIT */
/* foreign_parts: see foreign_parts.h */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "foreign_parts.h"

#include <sys/socket.h>
#include <sys/syscall.h>

#define MORE_THAN_BYTES                                                                  \
    (MSG_WAITALL | MSG_OOB | MSG_ERRQUEUE | MSG_ZEROCOPY | MSG_FASTOPEN)

enum foreign_kind foreign_parts_kind_of(int number) {
    switch (number) {
    case SYS_read:
    case SYS_pread64:
    case SYS_readv:
    case SYS_preadv:
    case SYS_preadv2:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
        return FOREIGN_READ;
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
        return FOREIGN_WRITE;
    default:
        return 0;
    }
}

static bool look(const struct seccomp_notif *asked, uint64_t at, void *here,
                 size_t bytes) {
    struct iovec own = {here, bytes}, its = {(void *)(uintptr_t)at, bytes};
    return process_vm_readv((pid_t)asked->pid, &own, 1, &its, 1, 0) == (ssize_t)bytes;
}

/* The first parts of a vector; more of them may not be needed, since calls are cut. */
static bool take_vector(const struct seccomp_notif *asked, uint64_t at, uint64_t count,
                        struct foreign_parts *parts) {
    parts->count = count < FOREIGN_PARTS ? (size_t)count : FOREIGN_PARTS;
    if (parts->count == 0 ||
        !look(asked, at, parts->its, parts->count * sizeof *parts->its))
        return false;
    for (size_t i = 0; i < parts->count; i++)
        parts->bytes += parts->its[i].iov_len;
    return true;
}

static bool tell(const struct seccomp_notif *asked, uint64_t at, const void *here,
                 size_t bytes) {
    struct iovec own = {(void *)(uintptr_t)here, bytes};
    struct iovec its = {(void *)(uintptr_t)at, bytes};
    return process_vm_writev((pid_t)asked->pid, &own, 1, &its, 1, 0) == (ssize_t)bytes;
}

static bool take_one(uint64_t at, uint64_t bytes, struct foreign_parts *parts) {
    parts->its[0] = (struct iovec){(void *)(uintptr_t)at, (size_t)bytes};
    parts->count = 1;
    parts->bytes = (size_t)bytes;
    return true;
}

static bool take_message(const struct seccomp_notif *asked, int flags,
                         struct foreign_parts *parts) {
    struct msghdr message;
    parts->is_message = true;
    parts->message = asked->data.args[1];
    parts->flags = flags;
    if (!look(asked, parts->message, &message, sizeof message))
        return false;
    /* Room for the name of a sender is none of a stream's. */
    bool sends = foreign_parts_kind_of(asked->data.nr) == FOREIGN_WRITE;
    bool is_sent_to = sends && message.msg_name != NULL;
    if (is_sent_to || message.msg_controllen != 0)
        return false;
    return take_vector(asked, (uintptr_t)message.msg_iov, message.msg_iovlen, parts);
}

/* One with a time limit is let alone. */
static bool take_first_message(const struct seccomp_notif *asked,
                               struct foreign_parts *parts) {
    const struct seccomp_data *d = &asked->data;
    parts->is_of_many = true;
    if (d->args[2] == 0 || (d->nr == SYS_recvmmsg && d->args[4] != 0))
        return false;
    return take_message(asked, (int)d->args[3] & ~MSG_WAITFORONE, parts);
}

static void place(struct foreign_parts *parts, uint64_t at) {
    parts->is_placed = true;
    parts->place = (off_t)at;
}

static bool take(const struct seccomp_notif *asked, struct foreign_parts *parts) {
    const struct seccomp_data *d = &asked->data;
    switch (d->nr) {
    case SYS_pread64:
    case SYS_pwrite64:
        place(parts, d->args[3]);
        return take_one(d->args[1], d->args[2], parts);
    case SYS_preadv2:
    case SYS_pwritev2:
        if (d->args[5] != 0)
            return false;
        if ((off_t)d->args[3] != -1)
            place(parts, d->args[3]);
        return take_vector(asked, d->args[1], d->args[2], parts);
    case SYS_preadv:
    case SYS_pwritev:
        place(parts, d->args[3]);
        return take_vector(asked, d->args[1], d->args[2], parts);
    case SYS_readv:
    case SYS_writev:
        return take_vector(asked, d->args[1], d->args[2], parts);
    case SYS_recvfrom:
        parts->name = d->args[4];
        parts->name_length = d->args[5];
        parts->is_message = true;
        parts->flags = (int)d->args[3];
        return take_one(d->args[1], d->args[2], parts);
    case SYS_sendto:
        parts->is_message = true;
        parts->flags = (int)d->args[3];
        return d->args[4] == 0 && take_one(d->args[1], d->args[2], parts);
    case SYS_recvmsg:
    case SYS_sendmsg:
        return take_message(asked, (int)d->args[2], parts);
    case SYS_recvmmsg:
    case SYS_sendmmsg:
        return take_first_message(asked, parts);
    default:
        return take_one(d->args[1], d->args[2], parts);
    }
}

bool foreign_parts_of(const struct seccomp_notif *asked, struct foreign_parts *parts) {
    *parts = (struct foreign_parts){0};
    return take(asked, parts) && !(parts->flags & MORE_THAN_BYTES) && parts->bytes > 0;
}

void foreign_parts_cut(struct foreign_parts *parts, size_t bytes) {
    size_t used = 0;
    parts->bytes = 0;
    for (; used < parts->count && bytes > 0; used++) {
        if (parts->its[used].iov_len > bytes)
            parts->its[used].iov_len = bytes;
        bytes -= parts->its[used].iov_len;
        parts->bytes += parts->its[used].iov_len;
    }
    parts->count = used;
}

bool foreign_parts_carry(const struct seccomp_notif *asked,
                         const struct foreign_parts *parts, void *here, size_t bytes,
                         bool back) {
    struct iovec own = {here, bytes};
    struct foreign_parts part = *parts;
    foreign_parts_cut(&part, bytes);
    pid_t program = (pid_t)asked->pid;
    ssize_t n = back ? process_vm_writev(program, &own, 1, part.its, part.count, 0)
                     : process_vm_readv(program, &own, 1, part.its, part.count, 0);
    return n == (ssize_t)bytes;
}

bool foreign_parts_received(const struct seccomp_notif *asked,
                            const struct foreign_parts *parts) {
    struct msghdr message;
    if (parts->message == 0)
        return true;
    if (!look(asked, parts->message, &message, sizeof message))
        return false;
    message.msg_namelen = 0;
    message.msg_flags = 0;
    return tell(asked, parts->message, &message, sizeof message);
}

bool foreign_parts_count(const struct seccomp_notif *asked,
                         const struct foreign_parts *parts, size_t bytes) {
    unsigned length = (unsigned)bytes;
    uint64_t at = parts->message + offsetof(struct mmsghdr, msg_len);
    return tell(asked, at, &length, sizeof length);
}

bool foreign_parts_name(const struct seccomp_notif *asked,
                        const struct foreign_parts *parts, const void *name,
                        uint32_t length) {
    uint32_t room;
    if (parts->name == 0)
        return true;
    if (!look(asked, parts->name_length, &room, sizeof room))
        return false;
    uint32_t told = length < room ? length : room;
    if (told > 0 && !tell(asked, parts->name, name, told))
        return false;
    return tell(asked, parts->name_length, &length, sizeof length);
}
