/* scratch_buffer: A buffer for each thread, made when it is first asked for and freed at its end. FLAW: one buffer for all. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic int freed;
static void drop(void *p) {
    free(p);
    freed++;
}
static void make(void) {
    if (pthread_key_create(&key, drop))
        abort();
}
static char *scratch(void) {
    pthread_once(&once, make);
    char *b = pthread_getspecific(key);
    if (!b) {
        b = calloc(1, 32);
        pthread_setspecific(key, b);
    }
    return b;
}
static const char *name(int id) {
#ifdef FLAW
    static char b[32];
#else
    char *b = scratch();
#endif
    snprintf(b, 32, "worker-%02d", id);
    return b;
}
static void *w(void *a) {
    int id = (int)(long)a;
    const char *n = name(id);
    char want[32];
    sprintf(want, "worker-%02d", id);
    return (void *)(long)strcmp(n, want);
}
int main(void) {
    pthread_t t, u;
    void *r, *s;
    pthread_create(&t, 0, w, (void *)1);
    pthread_create(&u, 0, w, (void *)2);
    pthread_join(t, &r);
    pthread_join(u, &s);
#ifndef FLAW
    if (freed != 2)
        return 5;
#endif
    return r || s;
}
