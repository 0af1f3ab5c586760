/* One thread writes data and raises a flag, another waits for the flag and reads the data. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#ifndef RAISE
#define RAISE memory_order_release
#endif
#ifndef LOOK
#define LOOK memory_order_acquire
#endif

static int data;
static atomic_int ready;

static void *producer(void *unused) {
    data = 42;
    atomic_store_explicit(&ready, 1, RAISE);
    return unused;
}

static void *consumer(void *unused) {
    while (!atomic_load_explicit(&ready, LOOK))
        ;
    assert(data == 42);
    return unused;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, producer, NULL);
    pthread_create(&b, NULL, consumer, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
