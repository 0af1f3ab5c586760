/* timer_thread: A thread calls what is due. FLAW: it counts outside the lock. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
struct timer {
    struct timespec due;
    void (*fn)(void *);
    void *arg;
    int cancelled;
};
static struct timer *pending;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c;
static int stop, fired;
static void *loop(void *p) {
    pthread_mutex_lock(&m);
    while (!stop) {
        if (!pending) {
            pthread_cond_wait(&c, &m);
            continue;
        }
        struct timer *t = pending;
        int rc = pthread_cond_timedwait(&c, &m, &t->due);
        if (rc == ETIMEDOUT && pending == t) {
            pending = 0;
            pthread_mutex_unlock(&m);
            t->fn(t->arg);
#ifndef FLAW
            pthread_mutex_lock(&m);
#endif
            fired++;
#ifdef FLAW
            pthread_mutex_lock(&m);
#endif
        }
    }
    pthread_mutex_unlock(&m);
    return 0;
}
static atomic_int hits;
static void hit(void *a) { hits++; }
int main() {
    pthread_condattr_t ca;
    pthread_condattr_init(&ca);
    pthread_condattr_setclock(&ca, CLOCK_MONOTONIC);
    pthread_cond_init(&c, &ca);
    pthread_t t;
    pthread_create(&t, 0, loop, 0);
    static struct timer tm;
    clock_gettime(CLOCK_MONOTONIC, &tm.due);
    tm.due.tv_sec += 1;
    tm.fn = hit;
    pthread_mutex_lock(&m);
    pending = &tm;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_mutex_lock(&m);
    pending = 0;
    stop = 1;
    int f = fired;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, 0);
    assert(f <= hits && hits <= 1);
    return 0;
}
