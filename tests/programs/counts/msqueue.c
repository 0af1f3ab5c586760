/* SPDX-License-Identifier: MIT */
/* msqueue: N threads enqueue once and dequeue once (Michael and Scott, 1996). */
#include "sized.h"

struct node {
    atomic_int value;
    struct node *_Atomic next;
};

static struct node *_Atomic head, *_Atomic tail;
static struct node *made[N + 1];

static struct node *make(int value) {
    struct node *node = malloc(sizeof *node);
    made[value] = node;
    atomic_init(&node->value, value);
    atomic_init(&node->next, NULL);
    return node;
}

static void enqueue(int value) {
    struct node *node = make(value), *last, *next;
    for (;;) {
        last = atomic_load_explicit(&tail, memory_order_acquire);
        next = atomic_load_explicit(&last->next, memory_order_acquire);
        if (next != NULL) {
            atomic_compare_exchange_strong_explicit(&tail, &last, next, memory_order_release,
                                                    memory_order_relaxed);
            continue;
        }
        if (atomic_compare_exchange_strong_explicit(&last->next, &next, node, memory_order_release,
                                                    memory_order_relaxed))
            break;
    }
    atomic_compare_exchange_strong_explicit(&tail, &last, node, memory_order_release,
                                            memory_order_relaxed);
}

static int dequeue(int *value) {
    for (;;) {
        struct node *first = atomic_load_explicit(&head, memory_order_acquire);
        struct node *next = atomic_load_explicit(&first->next, memory_order_acquire);
        if (next == NULL)
            return 0;
        *value = atomic_load_explicit(&next->value, memory_order_relaxed);
        if (atomic_compare_exchange_strong_explicit(&head, &first, next, memory_order_release,
                                                    memory_order_relaxed))
            return 1;
    }
}

static void *enqueue_and_dequeue(void *number) {
    int value = 0;
    enqueue(*(int *)number + 1);
    assert(dequeue(&value));
    return NULL;
}

int main(void) {
    struct node *dummy = make(0);
    atomic_init(&head, dummy);
    atomic_init(&tail, dummy);
    run_threads(N, enqueue_and_dequeue);
    for (int i = 0; i <= N; i++)
        free(made[i]);
    return 0;
}
