/* SPDX-License-Identifier: MIT */
/* A flag of one byte beside packed plain bytes, in memory that was another object before. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
struct node {
    uint8_t flag, a, b, c;
};
static struct node *node;
static void *fills(void *x) {
    node->a = 1;
    node->b = 2;
    node->c = 3;
    __atomic_store_n(&node->flag, 1, ORDER);
    return x;
}
int main(void) {
    for (int i = 0; i < 2; i++) {
        pthread_t t;
        if (i) {
            uint16_t *other = malloc(4);
            __atomic_store_n(other, 9, __ATOMIC_RELAXED);
            __atomic_store_n(other + 1, 9, __ATOMIC_RELAXED);
            free(other);
        }
        node = malloc(sizeof *node);
        memset(node, 0, sizeof *node);
        pthread_create(&t, NULL, fills, NULL);
        if (__atomic_load_n(&node->flag, __ATOMIC_ACQUIRE)) {
            uint32_t whole = __atomic_load_n((uint32_t *)node, __ATOMIC_RELAXED);
            assert(whole == 0x03020101);
        }
        pthread_join(t, NULL);
        free(node);
    }
    return 0;
}
