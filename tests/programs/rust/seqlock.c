/* A reader that looks again whether a writer came between. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_uint sequence, a, b;
static void *change(void *unused) {
    (void)unused;
    atomic_store_explicit(&sequence, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&a, 1, memory_order_relaxed);
    atomic_store_explicit(&b, 1, memory_order_relaxed);
    atomic_store_explicit(&sequence, 2, memory_order_release);
    return NULL;
}
int main(void) {
    pthread_t writer;
    pthread_create(&writer, NULL, change, NULL);
    unsigned before = atomic_load_explicit(&sequence, memory_order_acquire);
    unsigned first = atomic_load_explicit(&a, memory_order_relaxed);
    unsigned second = atomic_load_explicit(&b, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (before % 2 == 0 &&
        atomic_load_explicit(&sequence, memory_order_relaxed) == before)
        assert(first == second);
    pthread_join(writer, NULL);
}
