/* The writer writes three times, the reader reads once: the first write already races. */
#include <pthread.h>

static int x, y;

static void *writer(void *argument) {
    x = 1;
    y = 1;
    __asm__ volatile("" ::: "memory");
    x = 2;
    y = 2;
    __asm__ volatile("" ::: "memory");
    x = 3;
    return argument;
}

static void *reader(void *argument) {
    (void)argument;
    return (void *)(long)x;
}

int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, writer, NULL);
    pthread_create(&threads[1], NULL, reader, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
