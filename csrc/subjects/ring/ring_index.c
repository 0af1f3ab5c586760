/* SPDX-License-Identifier: MIT */
/*
 * ring_index: the ring ordered by release stores and acquire loads of its indices.
 *
 * Why       The C11 way: what is ordered is said where the index is stored and loaded. On
 *           x86 all four cost nothing, and leaving them out shows nothing.
 * Orders    PUBLISH (release, post) pairs with OBSERVE (acquire, take): written before
 *           seen. RECYCLE (release, take) pairs with REUSE (acquire, post): read before
 *           overwritten. OWN (relaxed): each side reads the index that only it writes.
 */
#include "ring.h"

#ifndef RING_PUBLISH
#define RING_PUBLISH memory_order_release
#endif
#ifndef RING_OBSERVE
#define RING_OBSERVE memory_order_acquire
#endif
#ifndef RING_RECYCLE
#define RING_RECYCLE memory_order_release
#endif
#ifndef RING_REUSE
#define RING_REUSE memory_order_acquire
#endif
#ifndef RING_OWN
#define RING_OWN memory_order_relaxed
#endif

void ring_init(struct ring *ring) {
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
}

bool ring_post(struct ring *ring, uint64_t address, uint32_t length) {
    unsigned tail = atomic_load_explicit(&ring->tail, RING_OWN);
    unsigned head = atomic_load_explicit(&ring->head, RING_REUSE);
    if (tail - head == RING_CAPACITY)
        return false;
    struct descriptor *slot = &ring->slots[tail % RING_CAPACITY];
    slot->address = address;
    slot->length = length;
    atomic_store_explicit(&ring->tail, tail + 1, RING_PUBLISH);
    return true;
}

bool ring_take(struct ring *ring, uint64_t *address, uint32_t *length) {
    unsigned head = atomic_load_explicit(&ring->head, RING_OWN);
    unsigned tail = atomic_load_explicit(&ring->tail, RING_OBSERVE);
    if (head == tail)
        return false;
    const struct descriptor *slot = &ring->slots[head % RING_CAPACITY];
    *address = slot->address;
    *length = slot->length;
    atomic_store_explicit(&ring->head, head + 1, RING_RECYCLE);
    return true;
}

bool ring_is_valid(struct ring *ring) {
    return atomic_load(&ring->tail) - atomic_load(&ring->head) <= RING_CAPACITY;
}
