/* main leaves without waiting: the two stores are in either order, and so is what main reads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int word;

static void *store(void *argument) {
    atomic_store(&word, (int)(long)argument);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, store, (void *)(i + 1));
    exit(atomic_load(&word) > 2);
}
