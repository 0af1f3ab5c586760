/* SPDX-License-Identifier: MIT */
/*
 * ring: the descriptor ring between a driver and its device.
 *
 * Why       One producer, one consumer. The smallest subject in which one missing release loses data, and the shape
 *           of every network card's, disk's and io_uring's queue: the driver posts
 *           descriptors of buffers, the device takes them, two indices say whose slot is
 *           whose.
 * Source    Lamport, Proving the Correctness of Multiprocess Programs, IEEE TSE SE-3(2),
 *           1977.
 * Files     ring_index.c orders by the indices, ring_fence.c by barriers, as kernels
 *           write it.
 * Together            post   take   is_valid
 *   post              never  yes    never
 *   take              yes    never  never
 * Progress  post and take are wait-free: no loop, no retry. Each sees the other's index
 *           perhaps late, so post may say full, and take empty, though that has just
 *           changed.
 * Always    tail - head, unsigned, is in 0..RING_CAPACITY. Slots head..tail-1 are the
 *           device's.
 * Memory    RING_CAPACITY is a power of two, 1..2^31.
 */
#ifndef RING_H
#define RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef RING_CAPACITY
#define RING_CAPACITY 256u
#endif

_Static_assert((RING_CAPACITY & (RING_CAPACITY - 1)) == 0, "a power of two");

struct descriptor {
    uint64_t address;
    uint32_t length;
};

struct ring {
    atomic_uint tail; /* next slot to post; only the producer writes it */
    atomic_uint head; /* next slot to take; only the consumer writes it */
    struct descriptor slots[RING_CAPACITY];
};

void ring_init(struct ring *ring);

/* False if the ring is full. */
bool ring_post(struct ring *ring, uint64_t address, uint32_t length);

/* False if the ring is empty. */
bool ring_take(struct ring *ring, uint64_t *address, uint32_t *length);

bool ring_is_valid(struct ring *ring);

#endif
