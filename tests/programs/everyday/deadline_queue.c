/* deadline_queue: A bounded queue; putting and taking give up at a deadline. FLAW: taking leaves the lock before it takes. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#define CAP 2
static struct {
    pthread_mutex_t m;
    pthread_cond_t not_empty, not_full;
    int buf[CAP], head, count;
} q = {.m = PTHREAD_MUTEX_INITIALIZER,
       .not_empty = PTHREAD_COND_INITIALIZER,
       .not_full = PTHREAD_COND_INITIALIZER};
static void deadline(struct timespec *ts, long ms) {
    clock_gettime(CLOCK_REALTIME, ts);
    ts->tv_nsec += ms * 1000000L;
    if (ts->tv_nsec >= 1000000000L) {
        ts->tv_sec++;
        ts->tv_nsec -= 1000000000L;
    }
}
static int put(int v, long ms) {
    struct timespec ts;
    deadline(&ts, ms);
    int rc = 0;
    pthread_mutex_lock(&q.m);
    while (q.count == CAP && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&q.not_full, &q.m, &ts);
    if (q.count == CAP) {
        pthread_mutex_unlock(&q.m);
        return -1;
    }
    q.buf[(q.head + q.count++) % CAP] = v;
    pthread_cond_signal(&q.not_empty);
    pthread_mutex_unlock(&q.m);
    return 0;
}
static int get(int *v, long ms) {
    struct timespec ts;
    deadline(&ts, ms);
    int rc = 0;
    pthread_mutex_lock(&q.m);
    while (q.count == 0 && rc == 0)
        rc = pthread_cond_timedwait(&q.not_empty, &q.m, &ts);
#ifdef FLAW
    pthread_mutex_unlock(&q.m);
#endif
    if (q.count == 0) {
#ifndef FLAW
        pthread_mutex_unlock(&q.m);
#endif
        return -1;
    }
    *v = q.buf[q.head];
    q.head = (q.head + 1) % CAP;
    q.count--;
    pthread_cond_signal(&q.not_full);
#ifndef FLAW
    pthread_mutex_unlock(&q.m);
#endif
    return 0;
}
static void *prod(void *a) {
    for (int i = 1; i <= 2; i++)
        if (put(i, 10))
            return (void *)1;
    return 0;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, prod, 0);
    int got = 0, v, last = 0;
    for (int i = 0; i < 3; i++)
        if (!get(&v, 5)) {
            if (v <= last)
                return 2;
            last = v;
            got++;
        }
    void *r;
    pthread_join(t, &r);
    while (!get(&v, 0))
        got++;
    if (r)
        return 3;
    return got == 2 ? 0 : 4;
}
