/* The thread that never ends comes first in every order; another one ends the process. */
#include <pthread.h>
#include <stdlib.h>

static void *burn(void *argument) {
    (void)argument;
    for (;;)
        ;
}

static void *leave(void *argument) {
    (void)argument;
    exit(0);
}

int main(void) {
    pthread_t looping, leaving;
    pthread_create(&looping, NULL, burn, NULL);
    pthread_create(&leaving, NULL, leave, NULL);
    pthread_join(looping, NULL);
    pthread_join(leaving, NULL);
    return 0;
}
