/* SPDX-License-Identifier: MIT */
/*
 * zerocopy_all: a program's own buffers to a TCP socket with MSG_ZEROCOPY and its completions.
 *
 * Why       send() without the copy into the socket: the buffer itself is queued, and the
 *           socket's error queue says when it is free again. Who reuses it before sends other
 *           bytes than meant, and only when the peer is slow.
 * Contract  That of transfer.h; `out` is a TCP socket. A Unix socket takes plain sends.
 * Returns   only when every completion has come, so that no buffer is referred to any more:
 *           that is, when the peer's kernel has acknowledged all, or the connection is dead.
 *           A peer with a window of a few hundred bytes makes that 200 ms a window.
 * Source    copied into the buffers.
 * Numbers   Each send gets the socket's next number; a completion names a range of them, and
 *           ranges may come merged. Earlier transfers have used up numbers of the same socket,
 *           so counting begins at what the first completion names.
 * ENOBUFS   The limit of locked pages (optmem_max) is reached: wait for completions, go on.
 * Socket    SO_ZEROCOPY stays set.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"
#include "wait_ready.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef ZEROCOPY_WAITS /* 0: a buffer is filled again as soon as send has returned */
#define ZEROCOPY_WAITS 1
#endif
#ifndef ZEROCOPY_READS_RANGES /* 0: one completion is taken for one send */
#define ZEROCOPY_READS_RANGES 1
#endif
#ifndef ZEROCOPY_WAITS_AT_END /* 0: returns while buffers are still queued */
#define ZEROCOPY_WAITS_AT_END 1
#endif
#ifndef ZEROCOPY_KNOWS_ENOBUFS /* 0: too many locked pages is an error */
#define ZEROCOPY_KNOWS_ENOBUFS 1
#endif
#ifndef ZEROCOPY_READS_FIRST /* 0: an unread completion ends every wait at once: POLLERR */
#define ZEROCOPY_READS_FIRST 1
#endif
#ifndef ZEROCOPY_SHORT_GOES_ON /* 0: a short send is taken for a whole one */
#define ZEROCOPY_SHORT_GOES_ON 1
#endif

#ifndef ZEROCOPY_AWAITS_PIECES /* 0: of a buffer sent in pieces, the first is awaited */
#define ZEROCOPY_AWAITS_PIECES 1
#endif

#define BUFFERS 2
#define CHUNK ((size_t)16384)

struct sender {
    int out;
    bool zerocopy;
    uint32_t sent;             /* sends with MSG_ZEROCOPY so far */
    uint32_t completed;        /* of these, completed: TCP completes them in order */
    uint32_t first;            /* the kernel's number of our first send ... */
    bool first_known;          /* ... which the first completion tells */
    uint32_t free_at[BUFFERS]; /* a buffer is free when so many are completed */
    char (*buffers)[CHUNK];
};

/* Reads completions that are there; false if there was none. */
static bool read_completion(struct sender *s) {
    char control[128];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(s->out, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        struct sock_extended_err error;
        if (c->cmsg_len < CMSG_LEN(sizeof error))
            continue;
        memcpy(&error, CMSG_DATA(c), sizeof error);
        if (error.ee_origin != SO_EE_ORIGIN_ZEROCOPY)
            continue;
        if (!s->first_known)
            s->first = error.ee_info;
        s->first_known = true;
        uint32_t ended = error.ee_data + 1 - s->first;
        s->completed = ZEROCOPY_READS_RANGES ? ended : s->completed + 1;
    }
    return true;
}

/* Waits until `number` sends are completed, or the socket is dead and has no more to say. */
static void wait_completed(struct sender *s, uint32_t number) {
    while ((int32_t)(s->completed - number) < 0) {
        struct pollfd one = {.fd = s->out};
        if (read_completion(s))
            continue;
        if (poll(&one, 1, -1) < 0)
            continue;
        if (one.revents & (POLLHUP | POLLNVAL) && !read_completion(s))
            return; /* closed on both sides: the queue was purged */
    }
}

static bool send_again(struct sender *s) {
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN) {
        while (ZEROCOPY_READS_FIRST && read_completion(s))
            continue;
        return wait_ready(s->out, POLLOUT) == 0;
    }
    if (errno != ENOBUFS || !ZEROCOPY_KNOWS_ENOBUFS)
        return false;
    if (s->sent == s->completed)
        s->zerocopy = false; /* nothing to wait for: the limit is below one send */
    else
        wait_completed(s, s->completed + 1);
    return true;
}

/* Sends one buffer; returns how much of it the socket took. */
static size_t send_buffer(struct sender *s, const char *buffer, size_t bytes,
                          int *result) {
    size_t done = 0;
    while (done < bytes) {
        int flags = MSG_NOSIGNAL | (s->zerocopy ? MSG_ZEROCOPY : 0);
        ssize_t n = send(s->out, buffer + done, bytes - done, flags);
        if (n >= 0 && s->zerocopy)
            s->sent++;
        if (n >= 0 && !ZEROCOPY_SHORT_GOES_ON)
            return bytes;
        if (n >= 0)
            done += (size_t)n;
        else if (!send_again(s)) {
            *result = -1;
            break;
        }
    }
    return done;
}

static ssize_t fill(int in, const off_t *offset, char *buffer, size_t bytes) {
    ssize_t n;
    do {
        n = offset ? pread(in, buffer, bytes, *offset) : read(in, buffer, bytes);
    } while (n < 0 &&
             (errno == EINTR || (errno == EAGAIN && wait_ready(in, POLLIN) == 0)));
    return n;
}

static int send_loop(struct sender *s, int in, off_t *offset, size_t count,
                     size_t *moved) {
    int result = 0;
    for (unsigned turn = 0; *moved < count && result == 0; turn = (turn + 1) % BUFFERS) {
        char *buffer = s->buffers[turn];
        if (ZEROCOPY_WAITS)
            wait_completed(s, s->free_at[turn]);
        ssize_t held =
            fill(in, offset, buffer, count - *moved < CHUNK ? count - *moved : CHUNK);
        if (held <= 0)
            return held < 0 ? -1 : 0;
        uint32_t before = s->sent;
        size_t done = send_buffer(s, buffer, (size_t)held, &result);
        int error = errno;
        s->free_at[turn] = s->sent;
        if (!ZEROCOPY_AWAITS_PIECES && s->sent != before)
            s->free_at[turn] = before + 1;
        *moved += done;
        if (offset)
            *offset += (off_t)done;
        else if (done < (size_t)held)
            lseek(in, (off_t)done - held, SEEK_CUR);
        errno = error;
    }
    return result;
}

int zerocopy_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct sender sender = {.out = out};
    *moved = 0;
    void *pages = mmap(NULL, BUFFERS * CHUNK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return -1;
    sender.buffers = pages;
    static const int one = 1;
    sender.zerocopy = setsockopt(out, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one) == 0;
    int result = send_loop(&sender, in, offset, count, moved);
    int error = errno;
    if (ZEROCOPY_WAITS_AT_END)
        wait_completed(&sender, sender.sent);
    munmap(pages, BUFFERS * CHUNK);
    errno = error;
    return result;
}
