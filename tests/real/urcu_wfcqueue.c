// SPDX-License-Identifier: MIT
#define _LGPL_SOURCE
#include <assert.h>
#include <pthread.h>
#include <urcu/wfcqueue.h>
static struct cds_wfcq_head head; static struct cds_wfcq_tail tail;
static struct item { int value; struct cds_wfcq_node node; } items[2];
static void *put(void *p) {
    struct item *item = p;
    item->value = !LATE;
    cds_wfcq_node_init(&item->node), cds_wfcq_enqueue(&head, &tail, &item->node);
    if (LATE) item->value = 1;
    return p;
}
static void *take(void *p) {
    struct cds_wfcq_node *got = __cds_wfcq_dequeue_nonblocking(&head, &tail);
    if (got && got != CDS_WFCQ_WOULDBLOCK) assert(caa_container_of(got, struct item, node)->value == 1);
    return p;
}
int main(void) {
    pthread_t a, b;
    cds_wfcq_init(&head, &tail);
    pthread_create(&a, 0, put, &items[0]), pthread_create(&b, 0, TAKERS == 2 ? take : put, &items[1]);
    take(0), pthread_join(a, 0), pthread_join(b, 0), take(0);
}
