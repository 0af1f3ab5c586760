/* The waiter looks at the flag before it takes the lock: the signal comes between. */
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static atomic_int ready;

static void *waiter(void *unused) {
    if (!atomic_load(&ready)) {
        pthread_mutex_lock(&lock);
        pthread_cond_wait(&arrived, &lock);
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

static void *waker(void *unused) {
    atomic_store(&ready, 1);
    pthread_mutex_lock(&lock);
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, waiter, NULL);
    pthread_create(&b, NULL, waker, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
