/* Plain stores to two objects that are also read atomically, cut out and put back in another order. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int stage;
static int left, right;

static void *reader(void *argument) {
    if (atomic_load(&stage) == 2)
        (void)__atomic_load_n(&left, __ATOMIC_RELAXED);
    right = 1;
    atomic_store(&stage, 1);
    (void)__atomic_load_n(&right, __ATOMIC_RELAXED);
    return argument;
}

static void *writer(void *argument) {
    left = 2;
    if (atomic_exchange(&stage, 2) == 1)
        left = 3;
    return argument;
}

int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, reader, NULL);
    pthread_create(&threads[1], NULL, writer, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
