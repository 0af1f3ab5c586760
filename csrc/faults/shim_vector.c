/* SPDX-License-Identifier: MIT */
/*
 * shim_vector: the calls that move bytes by vectors and by messages, under the script.
 *
 * Why       A loop over preadv and writev is as common as one over read and write, and comes
 *           back short in the same ways: in the middle of any of its parts.
 * Rules     A capped call gets fewer and shorter parts; of several messages the first one
 *           alone. That is what the kernel may do.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "shim.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define MOST_PARTS 16

static size_t total_of(const struct iovec *parts, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    return total;
}

static int cut(struct iovec *to, const struct iovec *from, int count, size_t bytes) {
    int used = 0;
    for (; used < count && used < MOST_PARTS && bytes > 0; used++) {
        to[used] = from[used];
        if (to[used].iov_len > bytes)
            to[used].iov_len = bytes;
        bytes -= to[used].iov_len;
    }
    return used;
}

#define VECTORED(which, call)                                                            \
    struct iovec part[MOST_PARTS];                                                       \
    int parts;                                                                           \
    size_t asked = count < 0 ? 0 : total_of(from, (size_t)count);                        \
    SHIM_WRAPPED(which, asked, n, (parts = cut(part, from, count, n), call))

ssize_t __wrap_readv(int in, const struct iovec *from, int count);
ssize_t __wrap_readv(int in, const struct iovec *from,
                     int count){VECTORED(SHIM_READV, readv(in, part, parts))}

ssize_t __wrap_writev(int out, const struct iovec *from, int count);
ssize_t __wrap_writev(int out, const struct iovec *from,
                      int count){VECTORED(SHIM_WRITEV, writev(out, part, parts))}

#define AT_A_PLACE(name, which, call)                                                    \
    ssize_t name(int file, const struct iovec *from, int count, off_t at);               \
    ssize_t name(int file, const struct iovec *from, int count, off_t at) {              \
        VECTORED(which, call(file, part, parts, at))                                     \
    }
AT_A_PLACE(__wrap_preadv, SHIM_PREADV, preadv)
    AT_A_PLACE(__wrap_preadv64, SHIM_PREADV, preadv) AT_A_PLACE(__wrap_pwritev,
                                                                SHIM_PWRITEV, pwritev)
        AT_A_PLACE(__wrap_pwritev64, SHIM_PWRITEV, pwritev)

#define AT_A_PLACE_WITH_FLAGS(name, which, call)                                         \
    ssize_t name(int file, const struct iovec *from, int count, off_t at, int flags);    \
    ssize_t name(int file, const struct iovec *from, int count, off_t at, int flags) {   \
        VECTORED(which, call(file, part, parts, at, flags))                              \
    }
            AT_A_PLACE_WITH_FLAGS(__wrap_preadv2, SHIM_PREADV, preadv2)
                AT_A_PLACE_WITH_FLAGS(__wrap_preadv64v2, SHIM_PREADV, preadv2)
                    AT_A_PLACE_WITH_FLAGS(__wrap_pwritev2, SHIM_PWRITEV, pwritev2)
                        AT_A_PLACE_WITH_FLAGS(__wrap_pwritev64v2, SHIM_PWRITEV, pwritev2)

                            ssize_t
    __wrap_sendto(int out, const void *buffer, size_t count, int flags,
                  const struct sockaddr *to, socklen_t length);
ssize_t __wrap_sendto(int out, const void *buffer, size_t count, int flags,
                      const struct sockaddr *to, socklen_t length){
    SHIM_WRAPPED(SHIM_SENDTO, count, n, sendto(out, buffer, n, flags, to, length))}

ssize_t __wrap_recvfrom(int in, void *buffer, size_t count, int flags,
                        struct sockaddr *from, socklen_t *length);
ssize_t __wrap_recvfrom(int in, void *buffer, size_t count, int flags,
                        struct sockaddr *from, socklen_t *length) {
    SHIM_WRAPPED(SHIM_RECVFROM, count, n, recvfrom(in, buffer, n, flags, from, length))
}

static ssize_t recvmsg_cut(int in, struct msghdr *message, size_t bytes, int flags) {
    struct iovec part[MOST_PARTS];
    struct msghdr shorter = *message;
    shorter.msg_iovlen =
        (size_t)cut(part, message->msg_iov, (int)message->msg_iovlen, bytes);
    shorter.msg_iov = part;
    ssize_t got = recvmsg(in, &shorter, flags);
    message->msg_namelen = shorter.msg_namelen;
    message->msg_controllen = shorter.msg_controllen;
    message->msg_flags = shorter.msg_flags;
    return got;
}

ssize_t __wrap_recvmsg(int in, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int in, struct msghdr *message, int flags) {
    size_t asked = total_of(message->msg_iov, message->msg_iovlen);
    SHIM_WRAPPED(SHIM_RECVMSG, asked, n, recvmsg_cut(in, message, n, flags))
}

static ssize_t send_first(int out, struct mmsghdr *message, size_t bytes, int flags) {
    struct iovec part[MOST_PARTS];
    struct msghdr shorter = message->msg_hdr;
    shorter.msg_iovlen =
        (size_t)cut(part, shorter.msg_iov, (int)shorter.msg_iovlen, bytes);
    shorter.msg_iov = part;
    ssize_t sent = sendmsg(out, &shorter, flags);
    message->msg_len = sent < 0 ? 0 : (unsigned)sent;
    return sent < 0 ? -1 : 1;
}

int __wrap_sendmmsg(int out, struct mmsghdr *messages, unsigned count, int flags);
static ssize_t send_messages(int out, struct mmsghdr *messages, unsigned count,
                             int flags) {
    size_t asked = 0;
    for (unsigned i = 0; i < count; i++)
        asked += total_of(messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen);
    SHIM_WRAPPED(SHIM_SENDMMSG, asked, n,
                 n < asked ? send_first(out, messages, n, flags)
                           : sendmmsg(out, messages, count, flags))
}
int __wrap_sendmmsg(int out, struct mmsghdr *messages, unsigned count, int flags) {
    return (int)send_messages(out, messages, count, flags);
}

static ssize_t receive_first(int in, struct mmsghdr *message, size_t bytes, int flags) {
    ssize_t got = recvmsg_cut(in, &message->msg_hdr, bytes, flags & ~MSG_WAITFORONE);
    message->msg_len = got < 0 ? 0 : (unsigned)got;
    return got < 0 ? -1 : 1;
}

static ssize_t receive_messages(int in, struct mmsghdr *messages, unsigned count,
                                int flags, struct timespec *limit) {
    size_t asked = 0;
    for (unsigned i = 0; i < count; i++)
        asked += total_of(messages[i].msg_hdr.msg_iov, messages[i].msg_hdr.msg_iovlen);
    SHIM_WRAPPED(SHIM_RECVMMSG, asked, n,
                 n < asked ? receive_first(in, messages, n, flags)
                           : recvmmsg(in, messages, count, flags, limit))
}

int __wrap_recvmmsg(int in, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *limit);
int __wrap_recvmmsg(int in, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *limit) {
    return (int)receive_messages(in, messages, count, flags, limit);
}

int __wrap_select(int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *limit);
int __wrap_select(int count, fd_set *in, fd_set *out, fd_set *odd,
                  struct timeval *limit) {
    shim_waited(shim_of_caller());
    return select(count, in, out, odd, limit);
}

int __wrap_pselect(int count, fd_set *in, fd_set *out, fd_set *odd,
                   const struct timespec *limit, const sigset_t *mask);
int __wrap_pselect(int count, fd_set *in, fd_set *out, fd_set *odd,
                   const struct timespec *limit, const sigset_t *mask) {
    shim_waited(shim_of_caller());
    return pselect(count, in, out, odd, limit, mask);
}

int __wrap_epoll_pwait(int loop, struct epoll_event *events, int most, int timeout,
                       const sigset_t *mask);
int __wrap_epoll_pwait(int loop, struct epoll_event *events, int most, int timeout,
                       const sigset_t *mask) {
    shim_waited(shim_of_caller());
    return epoll_pwait(loop, events, most, timeout, mask);
}
