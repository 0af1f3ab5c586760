/* SPDX-License-Identifier: MIT */
/*
 * uring: an io_uring by its bare system calls: put one entry in, take completions out.
 *
 * Why       What uring_all and send_zc_all share. liburing does the same and more; a subject
 *           that needs no library can be checked wherever the kernel allows a ring.
 * Errors    Calls return -1 with errno; the errno of an entry is the negative `res` of its
 *           completion.
 * Order     The kernel reads an entry once the tail is past it, and has written a completion
 *           once its tail is: both tails are stored after and loaded before what they guard.
 * Signals   io_uring_enter is called again after EINTR: nothing was lost by it.
 */
#ifndef URING_H
#define URING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
    int descriptor;
    size_t map_bytes, entry_bytes;
    char *map; /* both queues: IORING_FEAT_SINGLE_MMAP, Linux 5.4 */
    struct io_uring_sqe *entries;
    struct io_uring_params p;
};

static inline _Atomic(uint32_t) *ring_at(const struct ring *r, uint32_t offset) {
    return (_Atomic(uint32_t) *)(void *)(r->map + offset);
}

static inline void *ring_map(const struct ring *r, size_t bytes, off_t what) {
    void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                     r->descriptor, what);
    return map == MAP_FAILED ? NULL : map;
}

/* 0, or -1 with errno; ring_close is right after either. */
static inline int ring_open(struct ring *r, unsigned entries) {
    memset(r, 0, sizeof *r);
    r->descriptor = (int)syscall(SYS_io_uring_setup, entries, &r->p);
    if (r->descriptor < 0)
        return -1;
    size_t submission = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
    size_t completion = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
    r->map_bytes = submission > completion ? submission : completion;
    r->entry_bytes = r->p.sq_entries * sizeof(struct io_uring_sqe);
    r->map = ring_map(r, r->map_bytes, IORING_OFF_SQ_RING);
    r->entries = ring_map(r, r->entry_bytes, IORING_OFF_SQES);
    return r->map && r->entries ? 0 : -1;
}

/* Keeps errno. */
static inline void ring_close(struct ring *r) {
    int error = errno;
    if (r->map)
        munmap(r->map, r->map_bytes);
    if (r->entries)
        munmap(r->entries, r->entry_bytes);
    if (r->descriptor >= 0)
        close(r->descriptor);
    errno = error;
}

/* Queues an entry; ring_take submits it. */
static inline void ring_put(struct ring *r, const struct io_uring_sqe *entry) {
    uint32_t tail = atomic_load(ring_at(r, r->p.sq_off.tail));
    uint32_t index = tail & atomic_load(ring_at(r, r->p.sq_off.ring_mask));
    r->entries[index] = *entry;
    atomic_store(ring_at(r, r->p.sq_off.array + index * (uint32_t)sizeof(uint32_t)),
                 index);
    atomic_store(ring_at(r, r->p.sq_off.tail), tail + 1);
}

/* Submits what is queued and waits for one completion; 0, or -1 with errno. */
static inline int ring_take(struct ring *r, struct io_uring_cqe *taken) {
    for (;;) {
        uint32_t head = atomic_load(ring_at(r, r->p.cq_off.head));
        uint32_t waiting = atomic_load(ring_at(r, r->p.sq_off.tail)) -
                           atomic_load(ring_at(r, r->p.sq_off.head));
        if (head != atomic_load(ring_at(r, r->p.cq_off.tail))) {
            const struct io_uring_cqe *all =
                (const struct io_uring_cqe *)(void *)(r->map + r->p.cq_off.cqes);
            *taken = all[head & atomic_load(ring_at(r, r->p.cq_off.ring_mask))];
            atomic_store(ring_at(r, r->p.cq_off.head), head + 1);
            return 0;
        }
        long n = syscall(SYS_io_uring_enter, r->descriptor, waiting, 1,
                         IORING_ENTER_GETEVENTS, NULL, 0);
        if (n < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY)
            return -1;
    }
}

#endif
