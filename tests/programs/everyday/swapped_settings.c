/* swapped_settings: A structure is swapped, and freed when no reader is left. FLAW: freed at once. */
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
struct cfg {
    int a, b;
};
static _Atomic(struct cfg *) cur;
static atomic_int readers;
static void *reader(void *p) {
    atomic_fetch_add(&readers, 1);
    struct cfg *c = atomic_load(&cur);
    assert(c->a == c->b);
    atomic_fetch_sub(&readers, 1);
    return p;
}
static void update(int v) {
    struct cfg *n = malloc(sizeof *n), *old;
    n->a = n->b = v;
    old = atomic_exchange(&cur, n);
#ifndef FLAW
    while (atomic_load(&readers))
        sched_yield();
#endif
    free(old);
}
int main(void) {
    struct cfg *c = malloc(sizeof *c);
    *c = (struct cfg){1, 1};
    atomic_init(&cur, c);
    pthread_t t;
    pthread_create(&t, 0, reader, 0);
    update(2);
    pthread_join(t, 0);
    free(atomic_load(&cur));
    return 0;
}
