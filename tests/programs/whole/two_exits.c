/* Two threads end the process: one of them is the first, and what atexit registered runs once. With
 * STATUS 1 the second one's status counts in the executions where it is the first. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

static int times;

static void at_end(void) { assert(++times == 1); }

static void *leave(void *argument) { exit((int)(long)argument); }

int main(void) {
    pthread_t threads[2];
    atexit(at_end);
    pthread_create(&threads[0], NULL, leave, (void *)0);
    pthread_create(&threads[1], NULL, leave, (void *)STATUS);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
