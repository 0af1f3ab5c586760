/* thread_buffers: Every thread has a buffer of its own, freed when it ends. FLAW: the destructors count without a lock. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static pthread_once_t o = PTHREAD_ONCE_INIT;
static pthread_key_t k;
static int dtors;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static char *table;
static void fin(void *p) {
    free(p);
#ifndef FLAW
    pthread_mutex_lock(&m);
#endif
    dtors++;
#ifndef FLAW
    pthread_mutex_unlock(&m);
#endif
}
static void init(void) {
    pthread_key_create(&k, fin);
    table = calloc(4, 1);
}
static char *buf(void) {
    pthread_once(&o, init);
    char *b = pthread_getspecific(k);
    if (!b) {
        b = malloc(8);
        b[0] = 0;
        pthread_setspecific(k, b);
    }
    return b;
}
static void *th(void *p) {
    sprintf(buf(), "%ld", (long)p);
    assert(buf()[0] == '0' + (long)p);
    assert(table[1] == 0);
    return 0;
}
int main() {
    pthread_t t[2];
    for (long i = 1; i < 3; i++)
        pthread_create(t + i - 1, 0, th, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    assert(dtors == 2);
    free(table);
    pthread_key_delete(k);
    return 0;
}
