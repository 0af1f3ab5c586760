/* flushed_stack: Many push, one takes all. FLAW: a push does not release. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
struct n {
    struct n *next;
    int v;
};
static _Atomic(struct n *) h;
static void push(int v) {
    struct n *x = malloc(sizeof *x);
    x->v = v;
    x->next = atomic_load_explicit(&h, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&h, &x->next, x,
#ifdef FLAW
                                                  memory_order_relaxed
#else
                                                  memory_order_release
#endif
                                                  ,
                                                  memory_order_relaxed))
        ;
}
static int flush(void) {
    struct n *l = atomic_exchange_explicit(&h, NULL, memory_order_acquire);
    int s = 0;
    while (l) {
        s += l->v;
        struct n *nx = l->next;
        free(l);
        l = nx;
    }
    return s;
}
static void *p(void *a) {
    push((int)(long)a);
    return 0;
}
int main() {
    pthread_t t[2];
    for (long i = 0; i < 2; i++)
        pthread_create(t + i, 0, p, (void *)(i + 1));
    int s = flush();
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    s += flush();
    return s != 3;
}
