/* SPDX-License-Identifier: MIT */
/*
 * shim: see shim.h. Each wrapper has the prototype of the call it stands for and is found by
 * the subject through the host's dynamic symbols.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "shim.h"

#include "content.h"
#include "turns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct shim the_shim;
static _Thread_local struct shim *thread_shim;

void shim_take_for_thread(struct shim *own) { thread_shim = own; }

struct shim *shim_of_caller(void) {
    return thread_shim != NULL ? thread_shim : &the_shim;
}

void shim_begin(const struct fault_case *the_case, int source) {
    the_shim = (struct shim){
        .steps = the_case->steps,
        .step_count = the_case->flags & FLAG_OUTSIDE ? 0 : the_case->step_count,
        .source = source,
        .content = the_case->content,
        .size = the_case->size,
        .least = the_case->size,
        .most = the_case->size,
        .recovered = the_case->recovered,
    };
}

bool shim_has_substitute(int which) {
    return which <= SHIM_COPY_FILE_RANGE || which == SHIM_SEND || which == SHIM_SENDMSG ||
           which == SHIM_SENDTO || which == SHIM_SENDMMSG;
}

static void append_content(struct shim *shim, int64_t bytes) {
    unsigned char buffer[4096];
    while (bytes > 0) {
        size_t part = bytes < (int64_t)sizeof buffer ? (size_t)bytes : sizeof buffer;
        content_fill(buffer, shim->content, shim->size, part);
        if (pwrite(shim->source, buffer, part, shim->size) != (ssize_t)part)
            return;
        shim->size += (int64_t)part;
        bytes -= (int64_t)part;
    }
    if (shim->size > shim->most)
        shim->most = shim->size;
}

static void truncate_source(struct shim *shim, int64_t size) {
    if (size >= shim->size || ftruncate(shim->source, size) != 0)
        return;
    shim->size = size;
    if (size < shim->least)
        shim->least = size;
}

void shim_change_source(struct shim *shim, const struct fault_step *step) {
    if (shim->source >= 0 && step->action == STEP_TRUNCATE)
        truncate_source(shim, step->value);
    if (shim->source >= 0 && step->action == STEP_APPEND)
        append_content(shim, step->value);
}

/* Reading a file waits for its disk, O_NONBLOCK or not: who loops over it need not ask. */
static bool never_says_again(const struct shim *shim, int which) {
    bool reads = which == SHIM_READ || which == SHIM_PREAD || which == SHIM_READV ||
                 which == SHIM_PREADV;
    return reads && shim->source >= 0;
}

/* Of the others one that says 0 says that its source has ended, or (sockets) does not say it. */
static bool writes(int which) {
    return which == SHIM_WRITE || which == SHIM_PWRITE || which == SHIM_WRITEV ||
           which == SHIM_PWRITEV;
}

/* A call with a final error before it: only those of a set are answered with another try.
 * Messages are read from the error queue of a socket, too: nothing is said of them. */
static bool is_tried_again(const struct shim *shim, int which, size_t asked) {
    int error = shim->last_errno;
    if (error == 0 || which != shim->last_call || asked == 0 || which == SHIM_RECVMSG ||
        which == SHIM_RECVMMSG)
        return false;
    return !(error < 128 && shim->recovered[error / 64] >> (error % 64) & 1);
}

/* The next of `count` places, or `count`; a subject may have threads of its own. */
static uint32_t one_of(uint32_t *next, uint32_t count) {
    uint32_t taken = __atomic_load_n(next, __ATOMIC_RELAXED);
    while (taken < count &&
           !__atomic_compare_exchange_n(next, &taken, taken + 1, 0, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
        continue;
    return taken < count ? taken : count;
}

ssize_t shim_take_step(struct shim *shim, int which, size_t asked, int *index) {
    *index = -1;
    turns_give();
    shim->calls++;
    if (is_tried_again(shim, which, asked))
        shim->retried = true;
    if (asked == 0)
        return (ssize_t)asked;
    uint32_t taken = one_of(&shim->next, shim->step_count);
    if (taken == shim->step_count)
        return (ssize_t)asked;
    *index = (int)taken;
    const struct fault_step *step = &shim->steps[taken];
    size_t value = step->value < 1 ? 1 : (size_t)step->value;
    switch (step->action) {
    case STEP_SIGNAL:
        raise(SIGALRM);
        return (ssize_t)(value < asked ? value : asked);
    case STEP_CAP:
        return (ssize_t)(value < asked ? value : asked);
    case STEP_ZERO:
        if (!writes(which))
            return (ssize_t)asked;
        shim->said_zero = true;
        return 0;
    case STEP_ERRNO:
        if (step->value == EAGAIN && never_says_again(shim, which))
            return (ssize_t)asked;
        if (step->value != EINTR && step->value != EAGAIN) {
            shim->last_errno = step->value;
            shim->last_call = which;
        }
        return -step->value;
    default:
        shim_change_source(shim, step);
        return (ssize_t)asked;
    }
}

void shim_waited(struct shim *shim) {
    shim->waits++;
    shim->refused = 0;
}

static uintptr_t subject_base;

void shim_place_subject(const void *base) { subject_base = (uintptr_t)base; }

void shim_record(struct shim *shim, int which, size_t asked, ssize_t returned, int step,
                 const void *caller) {
    shim->refused = returned == -EAGAIN ? shim->refused + 1 : 0;
    if (shim->refused > shim->spins)
        shim->spins = shim->refused;
    uint32_t place = one_of(&shim->log_count, FAULT_LOG);
    if (place < FAULT_LOG)
        shim->log[place] = (struct fault_call){
            .asked = (int64_t)(asked > INT64_MAX ? INT64_MAX : asked),
            .returned = returned,
            .which = which,
            .step = step,
            .at = (uintptr_t)caller > subject_base ? (uintptr_t)caller - subject_base : 0,
        };
}

#define WRAP_SENDFILE(name)                                                              \
    ssize_t name(int out, int in, off_t *offset, size_t count);                          \
    ssize_t name(int out, int in, off_t *offset, size_t count) {                         \
        SHIM_WRAPPED(SHIM_SENDFILE, count, n, sendfile(out, in, offset, n))              \
    }
WRAP_SENDFILE(__wrap_sendfile)
WRAP_SENDFILE(__wrap_sendfile64)

ssize_t __wrap_splice(int in, off_t *in_at, int out, off_t *out_at, size_t count,
                      unsigned flags);
ssize_t __wrap_splice(int in, off_t *in_at, int out, off_t *out_at, size_t count,
                      unsigned flags){
    SHIM_WRAPPED(SHIM_SPLICE, count, n, splice(in, in_at, out, out_at, n, flags))}

ssize_t __wrap_tee(int in, int out, size_t count, unsigned flags);
ssize_t __wrap_tee(int in, int out, size_t count, unsigned flags){
    SHIM_WRAPPED(SHIM_TEE, count, n, tee(in, out, n, flags))}

ssize_t __wrap_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t count,
                               unsigned flags);
ssize_t __wrap_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t count,
                               unsigned flags){
    SHIM_WRAPPED(SHIM_COPY_FILE_RANGE, count, n,
                 copy_file_range(in, in_at, out, out_at, n, flags))}

ssize_t __wrap_read(int in, void *buffer, size_t count);
ssize_t __wrap_read(int in, void *buffer,
                    size_t count){SHIM_WRAPPED(SHIM_READ, count, n, read(in, buffer, n))}

ssize_t __wrap_write(int out, const void *buffer, size_t count);
ssize_t __wrap_write(int out, const void *buffer, size_t count){
    SHIM_WRAPPED(SHIM_WRITE, count, n, write(out, buffer, n))}

#define WRAP_PREAD(name)                                                                 \
    ssize_t name(int in, void *buffer, size_t count, off_t at);                          \
    ssize_t name(int in, void *buffer, size_t count, off_t at) {                         \
        SHIM_WRAPPED(SHIM_PREAD, count, n, pread(in, buffer, n, at))                     \
    }
WRAP_PREAD(__wrap_pread) WRAP_PREAD(__wrap_pread64)

#define WRAP_PWRITE(name)                                                                \
    ssize_t name(int out, const void *buffer, size_t count, off_t at);                   \
    ssize_t name(int out, const void *buffer, size_t count, off_t at) {                  \
        SHIM_WRAPPED(SHIM_PWRITE, count, n, pwrite(out, buffer, n, at))                  \
    }
    WRAP_PWRITE(__wrap_pwrite) WRAP_PWRITE(__wrap_pwrite64)

        ssize_t __wrap_send(int out, const void *buffer, size_t count, int flags);
ssize_t __wrap_send(int out, const void *buffer, size_t count, int flags){
    SHIM_WRAPPED(SHIM_SEND, count, n, send(out, buffer, n, flags))}

ssize_t __wrap_recv(int in, void *buffer, size_t count, int flags);
ssize_t __wrap_recv(int in, void *buffer, size_t count, int flags) {
    SHIM_WRAPPED(SHIM_RECV, count, n, recv(in, buffer, n, flags))
}

static size_t total_of(const struct iovec *parts, size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    return total;
}

/* Copies the first parts, cut to `bytes` in all; returns how many parts. */
#define MOST_PARTS 16
static size_t cut_parts(struct iovec *to, const struct iovec *from, size_t count,
                        size_t bytes) {
    size_t used = 0;
    while (used < count && used < MOST_PARTS && bytes > 0) {
        to[used] = from[used];
        if (to[used].iov_len > bytes)
            to[used].iov_len = bytes;
        bytes -= to[used++].iov_len;
    }
    return used;
}

static ssize_t sendmsg_cut(int out, const struct msghdr *message, size_t bytes,
                           int flags) {
    struct iovec parts[MOST_PARTS];
    struct msghdr shorter = *message;
    shorter.msg_iovlen = cut_parts(parts, message->msg_iov, message->msg_iovlen, bytes);
    shorter.msg_iov = parts;
    return sendmsg(out, &shorter, flags);
}

ssize_t __wrap_sendmsg(int out, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int out, const struct msghdr *message, int flags) {
    size_t asked = total_of(message->msg_iov, message->msg_iovlen);
    SHIM_WRAPPED(SHIM_SENDMSG, asked, n, sendmsg_cut(out, message, n, flags))
}

static ssize_t vmsplice_cut(int pipe_end, const struct iovec *from, size_t count,
                            size_t bytes, unsigned flags) {
    struct iovec parts[MOST_PARTS];
    size_t used = cut_parts(parts, from, count, bytes);
    return vmsplice(pipe_end, parts, used, flags);
}

ssize_t __wrap_vmsplice(int pipe_end, const struct iovec *parts, size_t count,
                        unsigned flags);
ssize_t __wrap_vmsplice(int pipe_end, const struct iovec *parts, size_t count,
                        unsigned flags) {
    size_t asked = total_of(parts, count);
    SHIM_WRAPPED(SHIM_VMSPLICE, asked, n, vmsplice_cut(pipe_end, parts, count, n, flags))
}

int __wrap_poll(struct pollfd *set, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *set, nfds_t count, int timeout) {
    shim_waited(shim_of_caller());
    return poll(set, count, timeout);
}

int __wrap_ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);
int __wrap_ppoll(struct pollfd *set, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask) {
    shim_waited(shim_of_caller());
    return ppoll(set, count, timeout, mask);
}

int __wrap_epoll_wait(int loop, struct epoll_event *events, int most, int timeout);
int __wrap_epoll_wait(int loop, struct epoll_event *events, int most, int timeout) {
    shim_waited(shim_of_caller());
    return epoll_wait(loop, events, most, timeout);
}
