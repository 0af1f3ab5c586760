/* SPDX-License-Identifier: MIT */
/*
 * uring_all: splice through io_uring, by its bare system calls.
 *
 * Why       The same two halves as splice_all, as entries of a ring: results come back as
 *           completions, errors as negative numbers in them, and no SIGPIPE is ever raised.
 * Contract  That of transfer.h, for files, pipes and sockets. A sink with O_APPEND: EINVAL.
 * Ring      One for each transfer, closed at its end; one entry under way at a time. Linking
 *           fill and drain would cancel the drain after a short fill and leave the pipe full.
 * Errors    As in splice_all.c: what the sink did not take is given back to a file.
 * Source    shared.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"
#include "wait_ready.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef URING_DRAINS /* 0: the second half is submitted once */
#define URING_DRAINS 1
#endif
#ifndef URING_CHECKS_RESULT /* 0: a negative result is taken for the end */
#define URING_CHECKS_RESULT 1
#endif
#ifndef URING_GIVES_BACK /* 0: the source stays where the pipe was filled from */
#define URING_GIVES_BACK 1
#endif
#ifndef URING_CLOSES_ON_ERROR /* 0: an error leaks the ring */
#define URING_CLOSES_ON_ERROR 1
#endif

#define CHUNK ((size_t)65536)
#define ENTRIES 2
#define POSITION ((uint64_t)-1) /* use the descriptor's own position */

struct ring {
    int descriptor;
    size_t map_bytes, entry_bytes;
    char *map; /* both queues: IORING_FEAT_SINGLE_MMAP, Linux 5.4 */
    struct io_uring_sqe *entries;
    struct io_uring_params p;
};

static _Atomic(uint32_t) *at(const struct ring *r, uint32_t offset) {
    return (_Atomic(uint32_t) *)(void *)(r->map + offset);
}

static int ring_open(struct ring *r) {
    memset(r, 0, sizeof *r);
    r->descriptor = (int)syscall(SYS_io_uring_setup, ENTRIES, &r->p);
    if (r->descriptor < 0)
        return -1;
    size_t submission = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
    size_t completion = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
    r->map_bytes = submission > completion ? submission : completion;
    r->entry_bytes = r->p.sq_entries * sizeof(struct io_uring_sqe);
    void *map = mmap(NULL, r->map_bytes, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_POPULATE, r->descriptor, IORING_OFF_SQ_RING);
    void *entries = mmap(NULL, r->entry_bytes, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_POPULATE, r->descriptor, IORING_OFF_SQES);
    r->map = map == MAP_FAILED ? NULL : map;
    r->entries = entries == MAP_FAILED ? NULL : entries;
    return r->map && r->entries ? 0 : -1;
}

static void ring_close(struct ring *r) {
    int error = errno;
    if (r->map)
        munmap(r->map, r->map_bytes);
    if (r->entries)
        munmap(r->entries, r->entry_bytes);
    if (r->descriptor >= 0)
        close(r->descriptor);
    errno = error;
}

static void submit(struct ring *r, const struct io_uring_sqe *entry) {
    uint32_t tail = atomic_load(at(r, r->p.sq_off.tail));
    uint32_t index = tail & atomic_load(at(r, r->p.sq_off.ring_mask));
    r->entries[index] = *entry;
    atomic_store(at(r, r->p.sq_off.array + index * (uint32_t)sizeof(uint32_t)), index);
    atomic_store(at(r, r->p.sq_off.tail), tail + 1);
}

/* Submits what is in the queue and waits for its completion; bytes, or -1 with errno. */
static ssize_t complete(struct ring *r) {
    for (;;) {
        uint32_t head = atomic_load(at(r, r->p.cq_off.head));
        uint32_t waiting =
            atomic_load(at(r, r->p.sq_off.tail)) - atomic_load(at(r, r->p.sq_off.head));
        if (head != atomic_load(at(r, r->p.cq_off.tail))) {
            const struct io_uring_cqe *all =
                (const struct io_uring_cqe *)(void *)(r->map + r->p.cq_off.cqes);
            int32_t result = all[head & atomic_load(at(r, r->p.cq_off.ring_mask))].res;
            atomic_store(at(r, r->p.cq_off.head), head + 1);
            errno = result < 0 ? -result : errno;
            return result < 0 ? (URING_CHECKS_RESULT ? -1 : 0) : result;
        }
        long n = syscall(SYS_io_uring_enter, r->descriptor, waiting, 1,
                         IORING_ENTER_GETEVENTS, NULL, 0);
        if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY)
            return -1;
    }
}

/* Bytes, 0 at the end of the source, -1 with errno. */
static ssize_t splice_once(struct ring *r, int in, uint64_t from, int out, size_t bytes,
                           int waiting, short events) {
    struct io_uring_sqe entry = {.opcode = IORING_OP_SPLICE,
                                 .fd = out,
                                 .off = POSITION,
                                 .splice_off_in = from,
                                 .len = (uint32_t)bytes,
                                 .splice_fd_in = in};
    for (;;) {
        submit(r, &entry);
        ssize_t n = complete(r);
        if (n >= 0)
            return n;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || wait_ready(waiting, events) != 0)
            return -1;
    }
}

static size_t drain(struct ring *r, int out, int pipe_end, size_t held, size_t *moved,
                    int *result) {
    do {
        ssize_t n = splice_once(r, pipe_end, POSITION, out, held, out, POLLOUT);
        if (n <= 0) {
            *result = URING_CHECKS_RESULT ? -1 : 0;
            break;
        }
        *moved += (size_t)n;
        held -= (size_t)n;
    } while (held > 0 && URING_DRAINS);
    return held;
}

static int ring_loop(struct ring *r, int out, int in, off_t *offset, size_t count,
                     size_t *moved, const int pipe_ends[2]) {
    int result = 0;
    for (size_t taken = 0; taken < count && result == 0;) {
        size_t ask = count - taken < CHUNK ? count - taken : CHUNK;
        uint64_t from = offset ? (uint64_t)*offset : POSITION;
        ssize_t held = splice_once(r, in, from, pipe_ends[1], ask, in, POLLIN);
        if (held <= 0)
            return held < 0 ? -1 : 0;
        taken += (size_t)held;
        size_t left = drain(r, out, pipe_ends[0], (size_t)held, moved, &result);
        int error = errno;
        size_t kept = URING_GIVES_BACK && result != 0 ? left : 0;
        if (offset)
            *offset += (off_t)((size_t)held - kept);
        else if (kept > 0)
            lseek(in, -(off_t)kept, SEEK_CUR);
        errno = error;
    }
    return result;
}

int uring_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct ring ring;
    int pipe_ends[2];
    *moved = 0;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return -1;
    int result = ring_open(&ring);
    if (result == 0)
        result = ring_loop(&ring, out, in, offset, count, moved, pipe_ends);
    if (result == 0 || URING_CLOSES_ON_ERROR)
        ring_close(&ring);
    int error = errno;
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    errno = error;
    return result;
}
