/* Three threads add. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int total;
static void *add(void *unused) {
    (void)unused;
    atomic_fetch_add_explicit(&total, 1, memory_order_relaxed);
    return NULL;
}
int main(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, add, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert(atomic_load_explicit(&total, memory_order_relaxed) == 3);
}
