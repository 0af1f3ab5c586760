/* Two threads each double a value and add one, with a compare-exchange in a loop. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int value = 1;

static void *step(void *unused) {
    int seen = atomic_load(&value);
#ifdef ONCE
    atomic_compare_exchange_strong(&value, &seen, 2 * seen + 1);
#else
    while (!atomic_compare_exchange_weak(&value, &seen, 2 * seen + 1))
        ;
#endif
    return unused;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, step, NULL);
    pthread_create(&b, NULL, step, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(value == 7);
    return 0;
}
