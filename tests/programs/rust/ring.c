/* One producer, one consumer, two slots. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static int slots[2];
static atomic_size_t head, tail;
static void push(int value) {
    size_t at = atomic_load_explicit(&tail, memory_order_relaxed);
    if (at - atomic_load_explicit(&head, memory_order_acquire) == 2)
        return;
    slots[at % 2] = value;
    atomic_store_explicit(&tail, at + 1, memory_order_release);
}
static int pop(void) {
    size_t at = atomic_load_explicit(&head, memory_order_relaxed);
    if (atomic_load_explicit(&tail, memory_order_acquire) == at)
        return 0;
    int value = slots[at % 2];
    atomic_store_explicit(&head, at + 1, memory_order_release);
    return value;
}
static void *produce(void *unused) {
    (void)unused;
    for (int value = 1; value <= 3; value++)
        push(value);
    return NULL;
}
int main(void) {
    pthread_t producer;
    int last = 0;
    pthread_create(&producer, NULL, produce, NULL);
    for (int i = 0; i < 2; i++) {
        int value = pop();
        if (value) {
            assert(value == last + 1);
            last = value;
        }
    }
    pthread_join(producer, NULL);
}
