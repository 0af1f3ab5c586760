/* left_right: Readers look at one of two copies while the writer changes the other. FLAW: the writer does not wait for readers. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data[2][2];
static atomic_int lr, vi;
static atomic_int readers[2];
static pthread_mutex_t wm = PTHREAD_MUTEX_INITIALIZER;
static int rd(void) {
    int v = atomic_load(&vi);
    atomic_fetch_add(&readers[v], 1);
    int side = atomic_load(&lr);
    int r = data[side][0];
    assert(r == data[side][1]);
    atomic_fetch_sub(&readers[v], 1);
    return r;
}
static void wait_empty(int v) {
    while (atomic_load(&readers[v]) != 0)
        sched_yield();
}
static void wr(int x) {
    pthread_mutex_lock(&wm);
    int l = atomic_load_explicit(&lr, memory_order_relaxed);
    data[!l][0] = x;
    data[!l][1] = x;
    atomic_store(&lr, !l);
    int p = atomic_load(&vi);
#ifndef FLAW
    wait_empty(!p);
#endif
    atomic_store(&vi, !p);
#ifndef FLAW
    wait_empty(p);
#endif
    data[l][0] = x;
    data[l][1] = x;
    pthread_mutex_unlock(&wm);
}
static void *reader(void *a) {
    int x = rd();
    int y = rd();
    assert(y >= x);
    return 0;
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, reader, 0);
    wr(1);
    pthread_join(t, 0);
    assert(rd() == 1);
}
