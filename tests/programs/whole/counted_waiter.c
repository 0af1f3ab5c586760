/* All that counts is seq_cst, and only who finds a waiter takes a lock: the model is asked in two ways by turns. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int ready, waiting, epoch;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *wait(void *argument) {
    if (!atomic_load(&ready)) {
        atomic_fetch_add(&waiting, 1);
        int seen = atomic_load(&epoch);
        if (!atomic_load(&ready))
            while (atomic_load(&epoch) == seen)
                ;
    }
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, wait, NULL);
    atomic_store(&ready, 1);
    if (atomic_load(&waiting)) {
        atomic_fetch_add(&epoch, 1);
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
    }
    pthread_join(thread, NULL);
    return 0;
}
