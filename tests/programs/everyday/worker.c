/* worker: A worker sleeps on a semaphore until there is a job; it ends after the last one. FLAW: the end of it is a plain variable. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static sem_t work_;
static int jobs;
static
#ifndef FLAW
    atomic_bool
#else
    bool
#endif
        stop;
static void *run(void *a) {
    for (;;) {
        if (sem_wait(&work_) && errno == EINTR)
            continue;
#ifdef FLAW
        if (stop)
            break;
#else
        if (jobs && stop)
            break;
#endif
        jobs++;
        usleep(1000);
    }
    return a;
}
static void bye(void) {
    if (jobs != 1)
        _exit(9);
}
int main(void) {
    atexit(bye);
    sem_init(&work_, 0, 0);
    pthread_attr_t at;
    pthread_attr_init(&at);
    pthread_attr_setstacksize(&at, 1 << 20);
    pthread_t t;
    if (pthread_create(&t, &at, run, 0))
        return 1;
    pthread_attr_destroy(&at);
    pthread_setname_np(t, "worker");
    sem_post(&work_);
    int v = 1;
    while (sem_getvalue(&work_, &v), v)
        nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
    stop = true;
    sem_post(&work_);
    pthread_join(t, 0);
    sem_destroy(&work_);
    return 0;
}
