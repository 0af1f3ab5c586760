/* A stack whose nodes come back: pop compares pointers, and a pointer can be the same again. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct node {
    _Atomic(struct node *) next;
    atomic_bool taken;
};

static struct node nodes[3];
static _Atomic(struct node *) top;

static struct node *pop(void) {
    struct node *first = atomic_load(&top);
    while (first != NULL) {
        struct node *second = atomic_load(&first->next);
        if (atomic_compare_exchange_strong(&top, &first, second))
            break;
    }
    return first;
}

static void push(struct node *node) {
    struct node *first = atomic_load(&top);
    do
        atomic_store(&node->next, first);
    while (!atomic_compare_exchange_strong(&top, &first, node));
}

static void keep(struct node *node) {
    if (node != NULL)
        assert(!atomic_exchange(&node->taken, true));
}

static void *taker(void *unused) {
    keep(pop());
    keep(pop());
    return unused;
}

static void *returner(void *unused) {
    struct node *one = pop();
    keep(pop());
    if (one != NULL)
        push(one);
    return unused;
}

int main(void) {
    pthread_t a, b;
    for (int i = 0; i < 3; i++)
        push(&nodes[i]);
    pthread_create(&a, NULL, taker, NULL);
    pthread_create(&b, NULL, returner, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
