/* A thread that never ends beside one that ends the process: no failure, and not all of it can be seen. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int beats;

__attribute__((unused)) static void *beat(void *argument) {
    for (;;)
        atomic_fetch_add(&beats, 1);
    return argument;
}

__attribute__((unused)) static void *burn(void *argument) {
    for (volatile int i = 0;; i = i + 0)
        ;
    return argument;
}

static void *leave(void *argument) {
    (void)argument;
    exit(0);
}

int main(void) {
    pthread_t looping, leaving;
    pthread_create(&leaving, NULL, leave, NULL);
    pthread_create(&looping, NULL, LOOP, NULL);
    pthread_join(looping, NULL);
    pthread_join(leaving, NULL);
    return 0;
}
