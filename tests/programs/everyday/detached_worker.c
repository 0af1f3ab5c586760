/* detached_worker: A detached thread tells by a semaphore that it is done. FLAW: it writes after it told. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static sem_t s;
static char *msg;
static void *th(void *p) {
    msg = strdup("done");
#ifndef FLAW
    sem_post(&s);
#else
    sem_post(&s);
    msg[0] = 'D';
#endif
    return 0;
}
int main() {
    sem_init(&s, 0, 0);
    pthread_attr_t a;
    pthread_attr_init(&a);
    pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&a, 1 << 16);
    pthread_t t;
    assert(!pthread_create(&t, &a, th, 0));
    pthread_attr_destroy(&a);
    while (sem_wait(&s) == -1 && errno == EINTR)
        ;
    assert(msg[1] == 'o' && msg[0]);
    puts(msg);
    free(msg);
    return 0;
}
