/* future: A future is set by one thread and awaited by another, the last one frees it. FLAW: it is announced before its value is written. */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <threads.h>
struct future {
    mtx_t m;
    cnd_t c;
    int done;
    int64_t value;
    atomic_int refs;
};
static struct future *fut_new(void) {
    struct future *f = malloc(sizeof *f);
    mtx_init(&f->m, mtx_plain);
    cnd_init(&f->c);
    f->done = 0;
    atomic_init(&f->refs, 2);
    return f;
}
static void fut_put(struct future *f) {
    if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1) {
        mtx_destroy(&f->m);
        cnd_destroy(&f->c);
        free(f);
    }
}
static void fut_set(struct future *f, int64_t v) {
#ifndef FLAW
    mtx_lock(&f->m);
    f->value = v;
    f->done = 1;
    cnd_broadcast(&f->c);
    mtx_unlock(&f->m);
#else
    mtx_lock(&f->m);
    f->done = 1;
    cnd_broadcast(&f->c);
    mtx_unlock(&f->m);
    f->value = v;
#endif
}
static int64_t fut_get(struct future *f) {
    mtx_lock(&f->m);
    while (!f->done)
        cnd_wait(&f->c, &f->m);
    int64_t v = f->value;
    mtx_unlock(&f->m);
    return v;
}
static int run(void *p) {
    struct future *f = p;
    fut_set(f, 42);
    fut_put(f);
    thrd_exit(7);
}
int main(void) {
    struct future *f = fut_new();
    thrd_t t;
    if (thrd_create(&t, run, f) != thrd_success)
        return 1;
    assert(fut_get(f) == 42);
    fut_put(f);
    int r;
    thrd_join(t, &r);
    assert(r == 7);
    return 0;
}
