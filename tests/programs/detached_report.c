/* SPDX-License-Identifier: MIT */
/*
 * detached_report: a detached thread reports through a mutex; main waits for the report.
 *
 * Bug       -DNO_WAIT reads the report without waiting or locking.
 */
#include "start.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t reported = PTHREAD_COND_INITIALIZER;
static int report;

static void *work(void *number) {
    pthread_mutex_lock(&mutex);
    report = 1;
    pthread_cond_signal(&reported);
    pthread_mutex_unlock(&mutex);
    return number;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_detach(thread);
#ifndef NO_WAIT
    pthread_mutex_lock(&mutex);
    while (report == 0)
        pthread_cond_wait(&reported, &mutex);
    pthread_mutex_unlock(&mutex);
    assert(report == 1);
#else
    (void)reported;
    return report > 1;
#endif
    return 0;
}
