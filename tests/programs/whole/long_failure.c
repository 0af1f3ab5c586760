/*
 * Two threads that hold each other up for some 20,000 steps. Left alone the first one goes on without end:
 * a failure, told as quickly as a short one. Or (YIELDS) it ends: then nothing is decided.
 */
#include <pthread.h>
#include <stdatomic.h>

static atomic_int x, y;

static void *flips(void *argument) {
#ifdef YIELDS
    while (y != 1)
#else
    for (;;)
#endif
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
