/* block_cache: Freed blocks are kept per thread, and given back at its end. FLAW: they are given back without the lock. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
static __thread struct {
    void *free_[4];
    int n;
} cache;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *global_[8];
static int gn;
static void *get(void) {
    if (cache.n)
        return cache.free_[--cache.n];
    pthread_mutex_lock(&m);
    void *p = gn ? global_[--gn] : 0;
    pthread_mutex_unlock(&m);
    return p ? p : malloc(16);
}
static void put(void *p) {
    if (cache.n < 1) {
        cache.free_[cache.n++] = p;
        return;
    }
    pthread_mutex_lock(&m);
    global_[gn++] = p;
    pthread_mutex_unlock(&m);
}
static void flush_(void) {
#ifndef FLAW
    pthread_mutex_lock(&m);
#endif
    while (cache.n)
        global_[gn++] = cache.free_[--cache.n];
#ifndef FLAW
    pthread_mutex_unlock(&m);
#endif
}
static void *th(void *p) {
    int *a = get(), *b = get();
    *a = 1;
    *b = 2;
    assert(*a == 1 && *b == 2);
    put(a);
    put(b);
    flush_();
    return 0;
}
int main() {
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(t + i, 0, th, 0);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    while (gn)
        free(global_[--gn]);
    return 0;
}
