/* Threads count; how many, how often and in which order is chosen with -D. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#ifndef THREADS
#define THREADS 4
#define ROUNDS 1000000
#endif
#ifndef ORDER
#define ORDER memory_order_relaxed
#endif

#ifdef VOLATILE
static volatile long counter;
#define ADD() counter++
#else
static atomic_long counter;
#define ADD() atomic_fetch_add_explicit(&counter, 1, ORDER)
#endif

static void *count(void *unused) {
    for (int i = 0; i < ROUNDS; i++)
        ADD();
    return unused;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert(counter == (long)THREADS * ROUNDS);
    return 0;
}
