/* Whoever waits when exit ends the process, ends with it. RETURN: main returns, and they wait for good. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t queue = PTHREAD_MUTEX_INITIALIZER;
static atomic_int stop;

static void *wants_the_lock(void *argument) {
    pthread_mutex_lock(&lock);
    return argument;
}

static void *waits_for_work(void *argument) {
    pthread_mutex_lock(&queue);
    for (;;)
        pthread_cond_wait(&work, &queue);
    return argument;
}

static void *spins(void *argument) {
    while (!atomic_load(&stop))
        ;
    return argument;
}

int main(void) {
    pthread_t threads[3];
    pthread_mutex_lock(&lock);
    pthread_create(&threads[0], NULL, wants_the_lock, NULL);
    pthread_create(&threads[1], NULL, waits_for_work, NULL);
    pthread_create(&threads[2], NULL, spins, NULL);
#ifdef RETURN
    return 0;
#else
    exit(0);
#endif
}
