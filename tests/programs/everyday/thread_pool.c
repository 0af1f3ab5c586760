/* thread_pool: A pool of threads runs tasks; who submitted them waits until all are done. FLAW: it does not wait for the task that is being run. */
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
typedef void (*task_fn)(void *);
struct task {
    task_fn fn;
    void *arg;
    struct task *next;
};
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t cv, idle;
    struct task *head, **tail;
    int busy;
    bool stop;
    int n;
    pthread_t *th;
};
static void *worker(void *p_) {
    struct pool *p = p_;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->head && !p->stop)
            pthread_cond_wait(&p->cv, &p->lock);
        if (!p->head)
            break;
        struct task *t = p->head;
        p->head = t->next;
        if (!p->head)
            p->tail = &p->head;
        p->busy++;
        pthread_mutex_unlock(&p->lock);
        t->fn(t->arg);
        free(t);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0 && !p->head)
            pthread_cond_broadcast(&p->idle);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}
static struct pool *pool_new(int n) {
    struct pool *p = calloc(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->cv, NULL);
    pthread_cond_init(&p->idle, NULL);
    p->tail = &p->head;
    p->n = n;
    p->th = malloc(n * sizeof *p->th);
    for (int i = 0; i < n; i++)
        pthread_create(&p->th[i], NULL, worker, p);
    return p;
}
static void submit(struct pool *p, task_fn f, void *a) {
    struct task *t = malloc(sizeof *t);
    t->fn = f;
    t->arg = a;
    t->next = NULL;
    pthread_mutex_lock(&p->lock);
    *p->tail = t;
    p->tail = &t->next;
    pthread_cond_signal(&p->cv);
    pthread_mutex_unlock(&p->lock);
}
static void pool_wait(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    while (p->head
#ifndef FLAW
           || p->busy
#endif
    )
        pthread_cond_wait(&p->idle, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
static void pool_free(struct pool *p) {
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->cv);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->n; i++)
        pthread_join(p->th[i], NULL);
    free(p->th);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->cv);
    pthread_cond_destroy(&p->idle);
    free(p);
}
static int results[2];
static void job(void *a) {
    int i = *(int *)a;
    results[i] = i * i + 1;
}
int main(void) {
    struct pool *p = pool_new(1);
    int ix[2] = {0, 1};
    for (int i = 0; i < 2; i++)
        submit(p, job, &ix[i]);
    pool_wait(p);
    assert(results[0] == 1 && results[1] == 2);
    pool_free(p);
    return 0;
}
