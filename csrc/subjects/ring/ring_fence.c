/* SPDX-License-Identifier: MIT */
/*
 * ring_fence: the ring as a kernel driver writes it, with barriers.
 *
 * Why       Drivers say READ_ONCE, WRITE_ONCE, smp_wmb, smp_rmb and smp_mb; these are
 *           their C11 meanings. C11 has no barrier for stores alone or loads alone, so
 *           the two are release and acquire fences, which order a little more than the
 *           kernel's.
 * Orders    WMB (post, before the tail) pairs with RMB (take, after the tail): written
 *           before seen. MB_TAKE (before the head) pairs with MB_POST (after the head):
 *           read before overwritten; the kernel needs full barriers there, C11 a release
 *           and an acquire. A relaxed fence is no fence: the missing barrier.
 */
#include "ring.h"

#ifndef RING_WMB
#define RING_WMB memory_order_release
#endif
#ifndef RING_RMB
#define RING_RMB memory_order_acquire
#endif
#ifndef RING_MB_TAKE
#define RING_MB_TAKE memory_order_release
#endif
#ifndef RING_MB_POST
#define RING_MB_POST memory_order_acquire
#endif
#ifndef RING_ONCE
#define RING_ONCE memory_order_relaxed
#endif

#define READ_ONCE(x) atomic_load_explicit(&(x), RING_ONCE)
#define WRITE_ONCE(x, value) atomic_store_explicit(&(x), (value), RING_ONCE)
#define smp_wmb() atomic_thread_fence(RING_WMB)
#define smp_rmb() atomic_thread_fence(RING_RMB)

void ring_init(struct ring *ring) {
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
}

bool ring_post(struct ring *ring, uint64_t address, uint32_t length) {
    unsigned tail = READ_ONCE(ring->tail);
    if (tail - READ_ONCE(ring->head) == RING_CAPACITY)
        return false;
    atomic_thread_fence(RING_MB_POST);
    struct descriptor *slot = &ring->slots[tail % RING_CAPACITY];
    slot->address = address;
    slot->length = length;
    smp_wmb();
    WRITE_ONCE(ring->tail, tail + 1);
    return true;
}

bool ring_take(struct ring *ring, uint64_t *address, uint32_t *length) {
    unsigned head = READ_ONCE(ring->head);
    if (head == READ_ONCE(ring->tail))
        return false;
    smp_rmb();
    const struct descriptor *slot = &ring->slots[head % RING_CAPACITY];
    *address = slot->address;
    *length = slot->length;
    atomic_thread_fence(RING_MB_TAKE);
    WRITE_ONCE(ring->head, head + 1);
    return true;
}

bool ring_is_valid(struct ring *ring) {
    return atomic_load(&ring->tail) - atomic_load(&ring->head) <= RING_CAPACITY;
}
