// SPDX-License-Identifier: MIT
#define _LGPL_SOURCE
#include <assert.h>
#include <pthread.h>
#include <urcu/lfstack.h>
static struct cds_lfs_stack stack;
static struct item { int value; struct cds_lfs_node node; } items[2];
static void *put(void *p) {
    struct item *item = p;
    item->value = !LATE;
    cds_lfs_node_init(&item->node), cds_lfs_push(&stack, &item->node);
    if (LATE) item->value = 1;
    return p;
}
static void *take(void *p) { // one at a time, says the manual
    struct cds_lfs_node *got = __cds_lfs_pop(&stack);
    if (got) assert(caa_container_of(got, struct item, node)->value == 1), got->next = 0;
    return p;
}
int main(void) {
    pthread_t a, b;
    cds_lfs_init(&stack);
    pthread_create(&a, 0, put, &items[0]), pthread_create(&b, 0, TAKERS == 2 ? take : put, &items[1]);
    take(0), pthread_join(a, 0), pthread_join(b, 0), take(0);
}
