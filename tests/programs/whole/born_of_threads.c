/* Threads that create threads. FIRST, SECOND: reads_first, only_creates. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int flag;

static void *set_flag(void *argument) {
    atomic_store(&flag, 1);
    return argument;
}

static void create_and_join(void) {
    pthread_t child;
    pthread_create(&child, NULL, set_flag, NULL);
    pthread_join(child, NULL);
}

__attribute__((unused)) static void *reads_first(void *argument) {
    (void)atomic_load(&flag);
    create_and_join();
    return argument;
}

__attribute__((unused)) static void *only_creates(void *argument) {
    create_and_join();
    return argument;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, FIRST, NULL);
    pthread_create(&second, NULL, SECOND, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return 0;
}
