/* closable_queue: A bounded queue that consumers wait at until it is closed. FLAW: a wait that does not look again. */
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#define CAP 2
struct queue {
    pthread_mutex_t mu;
    pthread_cond_t not_empty, not_full;
    void *item[CAP];
    size_t head, count;
    bool closed;
};
static void q_init(struct queue *q) {
    memset(q, 0, sizeof *q);
    pthread_mutex_init(&q->mu, NULL);
    pthread_cond_init(&q->not_empty, NULL);
    pthread_cond_init(&q->not_full, NULL);
}
static void q_push(struct queue *q, void *v) {
    pthread_mutex_lock(&q->mu);
    while (q->count == CAP)
        pthread_cond_wait(&q->not_full, &q->mu);
    q->item[(q->head + q->count++) % CAP] = v;
    pthread_cond_signal(&q->not_empty);
    pthread_mutex_unlock(&q->mu);
}
static bool q_pop(struct queue *q, void **v) {
    pthread_mutex_lock(&q->mu);
#ifdef FLAW
    if (!q->count && !q->closed)
        pthread_cond_wait(&q->not_empty, &q->mu);
#else
    while (!q->count && !q->closed)
        pthread_cond_wait(&q->not_empty, &q->mu);
#endif
    bool ok = q->count > 0;
#ifdef FLAW
    ok = true;
#endif
    if (ok) {
        *v = q->item[q->head];
        q->head = (q->head + 1) % CAP;
        q->count--;
        pthread_cond_signal(&q->not_full);
    }
    pthread_mutex_unlock(&q->mu);
    return ok;
}
static void q_close(struct queue *q) {
    pthread_mutex_lock(&q->mu);
    q->closed = true;
    pthread_cond_broadcast(&q->not_empty);
    pthread_mutex_unlock(&q->mu);
}
static struct queue q;
static int sum;
static pthread_mutex_t sm = PTHREAD_MUTEX_INITIALIZER;
static void *consumer(void *a) {
    void *v;
    while (q_pop(&q, &v)) {
        pthread_mutex_lock(&sm);
        sum += *(int *)v;
        pthread_mutex_unlock(&sm);
#ifdef FLAW
        break;
#endif
    }
    return a;
}
int main(void) {
    static int n[] = {1, 2};
    q_init(&q);
    pthread_t a, b;
    pthread_create(&a, 0, consumer, 0);
    pthread_create(&b, 0, consumer, 0);
    q_push(&q, &n[0]);
#ifndef FLAW
    q_push(&q, &n[1]);
#endif
    q_close(&q);
    pthread_join(a, 0);
    pthread_join(b, 0);
#ifndef FLAW
    assert(sum == 3);
#endif
    pthread_mutex_destroy(&q.mu);
    return 0;
}
