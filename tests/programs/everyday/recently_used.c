/* recently_used: A list in the order of last use, of BSD queue macros. FLAW: the lock is given back too early. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
TAILQ_HEAD(list, entry) lru = TAILQ_HEAD_INITIALIZER(lru);
struct entry {
    TAILQ_ENTRY(entry) link;
    int key;
    int refs;
};
static pthread_mutex_t mu;
static int count;
static int touch(int key) {
    struct entry *e;
    int r = 0;
    pthread_mutex_lock(&mu);
    TAILQ_FOREACH(e, &lru, link) if (e->key == key) break;
#ifdef FLAW
    pthread_mutex_unlock(&mu);
#endif
    if (e) {
        TAILQ_REMOVE(&lru, e, link);
    } else {
        e = malloc(sizeof *e);
        e->key = key;
        e->refs = 0;
        count++;
    }
    e->refs++;
    TAILQ_INSERT_HEAD(&lru, e, link);
    r = e->refs;
#ifndef FLAW
    pthread_mutex_unlock(&mu);
#endif
    return r;
}
static void *w(void *a) {
    touch((int)(long)a);
    return 0;
}
int main(void) {
    pthread_mutexattr_t at;
    pthread_mutexattr_init(&at);
    pthread_mutexattr_settype(&at, PTHREAD_MUTEX_ERRORCHECK);
    if (pthread_mutex_init(&mu, &at))
        return 1;
    pthread_t t;
    pthread_create(&t, 0, w, (void *)1);
    touch(1);
    touch(2);
    pthread_join(t, 0);
    int n = 0;
    while (!TAILQ_EMPTY(&lru)) {
        struct entry *e = TAILQ_FIRST(&lru);
        n += e->refs;
        TAILQ_REMOVE(&lru, e, link);
        free(e);
    }
    return n != 3 || count != 2;
}
