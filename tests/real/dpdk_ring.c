// SPDX-License-Identifier: MIT
#include <assert.h>
#include <pthread.h>
#include <rte_ring.h>
static _Alignas(64) char room[sizeof(struct rte_ring) + 4 * sizeof(void *)];
static struct rte_ring *ring = (struct rte_ring *)room;
static int box[2];
static void *put(void *p) {
    *(int *)p = 1;
    assert(rte_ring_enqueue_elem(ring, &p, sizeof p) == 0);
#ifdef TOUCH
    *(int *)p = 1;
#endif
    return 0;
}
int main(void) {
    pthread_t a, b;
    void *got;
    ring->size = 4, ring->mask = 3, ring->capacity = 3;
    ring->prod.sync_type = SYNC, ring->cons.sync_type = RTE_RING_SYNC_ST;
    pthread_create(&a, 0, put, &box[0]), pthread_create(&b, 0, put, &box[1]);
    for (int n = 0; n < 2; n++)
        if (rte_ring_dequeue_elem(ring, &got, sizeof got) == 0) assert(*(int *)got == 1);
    pthread_join(a, 0), pthread_join(b, 0);
}
