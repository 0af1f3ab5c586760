/* Store buffering, all relaxed to acquire. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int x, y;
static void *left(void *unused) {
    (void)unused;
    atomic_store_explicit(&x, 1, memory_order_release);
    (void)atomic_load_explicit(&y, memory_order_acquire);
    return NULL;
}
static void *right(void *unused) {
    (void)unused;
    atomic_store_explicit(&y, 1, memory_order_release);
    (void)atomic_load_explicit(&x, memory_order_acquire);
    return NULL;
}
int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, left, NULL);
    pthread_create(&threads[1], NULL, right, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}
