// SPDX-License-Identifier: MIT
#include <assert.h>
#include <ck_ring.h>
#include <pthread.h>
static ck_ring_t ring;
static ck_ring_buffer_t slots[4];
static int box[2];
static void *produce(void *item) {
    *(int *)item = 1;
    assert(ck_ring_enqueue_spsc(&ring, slots, item));
#ifdef TOUCH
    *(int *)item = 1;
#endif
    return 0;
}
int main(void) {
    pthread_t a, b;
    void *got;
    ck_ring_init(&ring, 4);
    pthread_create(&a, 0, produce, &box[0]);
    if (PRODUCERS == 2) pthread_create(&b, 0, produce, &box[1]);
    if (ck_ring_dequeue_spsc(&ring, slots, &got)) assert(*(int *)got == 1);
    pthread_join(a, 0);
    if (PRODUCERS == 2) pthread_join(b, 0);
}
