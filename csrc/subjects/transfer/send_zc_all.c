/* SPDX-License-Identifier: MIT */
/*
 * send_zc_all: a program's own buffers to a socket with IORING_OP_SEND_ZC, by bare system calls.
 *
 * Why       What zerocopy_all does with an error queue, io_uring does with completions: one says
 *           how much was queued, a second one, the notification, says that the buffer is free.
 *           Who takes the first for the second sends other bytes than meant, and only when the
 *           peer is slow.
 * Contract  That of transfer.h; `out` is a socket. One whose protocol knows no zero copy (a Unix
 *           socket: EOPNOTSUPP) and a kernel without the operation (EINVAL) take plain sends.
 * Returns   only when every notification has come: that is, when the peer's kernel has
 *           acknowledged all, or the connection is dead. A peer with a window of a few hundred
 *           bytes makes that 200 ms a window.
 * Source    copied into the buffers.
 * Pairs     A completion with IORING_CQE_F_MORE has its notification still to come, also when it
 *           is an error; one without has none. The notification carries the same user_data.
 * ENOBUFS   and ENOMEM: too many pages are pinned. Wait for a notification and go on; with none
 *           to wait for, send plainly.
 * EAGAIN    Recent kernels wait inside the ring, with O_NONBLOCK too; others say EAGAIN.
 * Signals   No SIGPIPE: a ring never raises it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"
#include "uring.h"
#include "wait_ready.h"

#include <stdbool.h>
#include <sys/socket.h>

#ifndef SEND_ZC_WAITS /* 0: a buffer is filled again as soon as its send has completed */
#define SEND_ZC_WAITS 1
#endif
#ifndef SEND_ZC_KNOWS_NOTES /* 0: a notification is taken for the next send's result */
#define SEND_ZC_KNOWS_NOTES 1
#endif
#ifndef SEND_ZC_SHORT_GOES_ON /* 0: a short send is taken for a whole one */
#define SEND_ZC_SHORT_GOES_ON 1
#endif
#ifndef SEND_ZC_CHECKS_RESULT /* 0: a negative result is taken for the end */
#define SEND_ZC_CHECKS_RESULT 1
#endif
#ifndef SEND_ZC_GIVES_BACK /* 0: the source stays where the buffer was filled from */
#define SEND_ZC_GIVES_BACK 1
#endif
#ifndef SEND_ZC_CLOSES_ON_ERROR /* 0: an error leaks the ring */
#define SEND_ZC_CLOSES_ON_ERROR 1
#endif

#ifndef IORING_CQE_F_NOTIF /* headers of Linux before 6.0; the kernel may be newer */
#define IORING_CQE_F_NOTIF (1U << 3)
#define IORING_OP_SEND_ZC 47
#endif

#define BUFFERS 2
#define CHUNK ((size_t)16384)
/* Completions for all sends of both buffers fit; more would wait inside the ring. */
#define ENTRIES 8

struct sender {
    struct ring ring;
    int out;
    uint8_t operation;        /* IORING_OP_SEND_ZC, or IORING_OP_SEND */
    unsigned in_use[BUFFERS]; /* notifications that a buffer still waits for */
    char (*buffers)[CHUNK];
};

enum taken { TAKEN_ERROR = -1, TAKEN_NOTE, TAKEN_RESULT };

/* Takes one completion and counts what it says about its buffer. */
static enum taken take(struct sender *s, int32_t *result) {
    struct io_uring_cqe end;
    if (ring_take(&s->ring, &end) != 0)
        return TAKEN_ERROR;
    if (end.flags & IORING_CQE_F_NOTIF && SEND_ZC_KNOWS_NOTES) {
        s->in_use[end.user_data]--;
        return TAKEN_NOTE;
    }
    if (end.flags & IORING_CQE_F_MORE && SEND_ZC_KNOWS_NOTES)
        s->in_use[end.user_data]++;
    *result = end.res;
    return TAKEN_RESULT;
}

/* Waits until the kernel refers to the buffer no more. */
static void wait_free(struct sender *s, unsigned turn) {
    int32_t ignored;
    while (s->in_use[turn] > 0 && take(s, &ignored) != TAKEN_ERROR)
        continue;
}

/* One send: bytes that were queued, or -1 with errno. */
static ssize_t send_once(struct sender *s, unsigned turn, size_t from, size_t bytes) {
    struct io_uring_sqe entry = {.opcode = s->operation,
                                 .fd = s->out,
                                 .addr = (uint64_t)(uintptr_t)(s->buffers[turn] + from),
                                 .len = (uint32_t)bytes,
                                 .msg_flags = MSG_NOSIGNAL,
                                 .user_data = turn};
    int32_t result = 0;
    enum taken taken;
    ring_put(&s->ring, &entry);
    do {
        taken = take(s, &result);
    } while (taken == TAKEN_NOTE);
    if (taken == TAKEN_ERROR)
        return -1;
    errno = result < 0 ? -result : errno;
    return result < 0 ? -1 : result;
}

/* Decides after a send that failed: true to send again. */
static bool again(struct sender *s) {
    int32_t ignored;
    bool plain = s->operation == IORING_OP_SEND;
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN)
        return wait_ready(s->out, POLLOUT) == 0;
    if ((errno == ENOBUFS || errno == ENOMEM) && s->in_use[0] + s->in_use[1] > 0)
        return take(s, &ignored) != TAKEN_ERROR;
    if (plain ||
        (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOBUFS && errno != ENOMEM))
        return false;
    s->operation = IORING_OP_SEND;
    return true;
}

/* Sends a buffer; returns the bytes that were queued. */
static size_t send_buffer(struct sender *s, unsigned turn, size_t bytes, int *result) {
    for (size_t done = 0;;) {
        ssize_t n = send_once(s, turn, done, bytes - done);
        if (n >= 0)
            done += SEND_ZC_SHORT_GOES_ON ? (size_t)n : bytes;
        if (n < 0 && !again(s)) {
            *result = SEND_ZC_CHECKS_RESULT ? -1 : 0;
            return done;
        }
        if (done >= bytes)
            return done;
    }
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
        size_t ask = count - *moved < CHUNK ? count - *moved : CHUNK;
        if (SEND_ZC_WAITS)
            wait_free(s, turn);
        ssize_t held = fill(in, offset, s->buffers[turn], ask);
        if (held <= 0)
            return held < 0 ? -1 : 0;
        size_t done = send_buffer(s, turn, (size_t)held, &result);
        int error = errno;
        *moved += done;
        size_t kept = SEND_ZC_GIVES_BACK ? (size_t)held - done : 0;
        if (offset)
            *offset += (off_t)((size_t)held - kept);
        else if (kept > 0)
            lseek(in, -(off_t)kept, SEEK_CUR);
        errno = error;
        if (done < (size_t)held)
            break;
    }
    return result;
}

static void finish(struct sender *s, bool leaks) {
    int error = errno;
    for (unsigned turn = 0; turn < BUFFERS; turn++)
        wait_free(s, turn);
    if (s->buffers)
        munmap(s->buffers, BUFFERS * CHUNK);
    if (!leaks)
        ring_close(&s->ring);
    errno = error;
}

int send_zc_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct sender sender = {.out = out, .operation = IORING_OP_SEND_ZC};
    *moved = 0;
    int result = ring_open(&sender.ring, ENTRIES);
    void *pages = mmap(NULL, BUFFERS * CHUNK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sender.buffers = pages == MAP_FAILED ? NULL : pages;
    if (result == 0 && sender.buffers)
        result = send_loop(&sender, in, offset, count, moved);
    else
        result = -1;
    finish(&sender, result != 0 && !SEND_ZC_CLOSES_ON_ERROR);
    return result;
}
