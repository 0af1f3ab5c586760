/* One thread gives up at once; the race of the two others is there all the same. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int is_good;
static int total;

static void *check(void *argument) {
    if (!atomic_load(&is_good))
        exit(0);
    return argument;
}

static void *work(void *argument) {
    total++;
    return argument;
}

int main(void) {
    pthread_t checker, worker;
    pthread_create(&checker, NULL, check, NULL);
    pthread_create(&worker, NULL, work, NULL);
    total++;
    pthread_join(checker, NULL);
    pthread_join(worker, NULL);
    return 0;
}
