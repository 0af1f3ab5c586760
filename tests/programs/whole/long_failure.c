/* Two threads that never end: a failure after some 20,000 steps, told as quickly as a short one. */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int x, y;

static void *flips(void *argument) {
    while (y != 1)
        x = 1 - x;
    return argument;
}

static void *looks(void *argument) {
    for (;;) {
        if (x == 0)
            break;
        if (x == 1)
            break;
        y = 0;
    }
    y = 1;
    return argument;
}

int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, flips, NULL);
    pthread_create(&threads[1], NULL, looks, NULL);
    return 0;
}
