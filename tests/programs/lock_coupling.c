/* SPDX-License-Identifier: MIT */
/*
 * lock_coupling: a sorted list with a lock in each node; the next is locked before the last is left.
 *
 * Bug       -DLET_GO_FIRST leaves the last before it locks the next: two insertions may meet at one
 *           node and one of them is lost.
 */
#include "start.h"

struct node {
    pthread_mutex_t mutex;
    int key;
    struct node *next;
};

static struct node end = {PTHREAD_MUTEX_INITIALIZER, 100, NULL};
static struct node start = {PTHREAD_MUTEX_INITIALIZER, 0, &end};
static struct node fresh[2];

static void insert(struct node *node) {
    struct node *last = &start;
    pthread_mutex_lock(&last->mutex);
    struct node *next = last->next;
#ifdef LET_GO_FIRST
    pthread_mutex_unlock(&last->mutex);
#endif
    pthread_mutex_lock(&next->mutex);
    while (next->key < node->key) {
        struct node *after = next->next;
        pthread_mutex_unlock(&last->mutex);
        pthread_mutex_lock(&after->mutex);
        last = next;
        next = after;
    }
    node->next = next;
    last->next = node;
#ifndef LET_GO_FIRST
    pthread_mutex_unlock(&last->mutex);
#endif
    pthread_mutex_unlock(&next->mutex);
}

static void *insert_mine(void *number) {
    struct node *mine = &fresh[number_of(number)];
    pthread_mutex_init(&mine->mutex, NULL);
    mine->key = 10;
    insert(mine);
    return number;
}

int main(void) {
    run_same(2, insert_mine);
    int nodes = 0;
    for (struct node *node = start.next; node != &end; node = node->next)
        nodes++;
    assert(nodes == 2);
    return 0;
}
