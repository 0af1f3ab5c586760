/* SPDX-License-Identifier: MIT */
/* treiber: N threads push a node and pop one; nodes are not reused, main frees them in the end. */
#include "sized.h"

struct node {
    int value;
    struct node *next;
};

static struct node *_Atomic top;
static struct node *made[N];

static void *push_and_pop(void *number) {
    struct node *mine = malloc(sizeof *mine);
    made[*(int *)number] = mine;
    mine->value = *(int *)number + 1;
    struct node *seen = atomic_load_explicit(&top, memory_order_relaxed);
    do
        mine->next = seen;
    while (!atomic_compare_exchange_strong_explicit(&top, &seen, mine, memory_order_release,
                                                    memory_order_relaxed));
    seen = atomic_load_explicit(&top, memory_order_acquire);
    while (seen != NULL &&
           !atomic_compare_exchange_strong_explicit(&top, &seen, seen->next, memory_order_acquire,
                                                    memory_order_acquire))
        ;
    assert(seen != NULL);
    return NULL;
}

int main(void) {
    run_threads(N, push_and_pop);
    assert(top == NULL);
    for (int i = 0; i < N; i++)
        free(made[i]);
    return 0;
}
