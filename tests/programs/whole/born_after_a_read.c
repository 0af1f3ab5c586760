/* What a thread is given is written before it is created, whatever was cut out in between. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int level = 1;

static void *raise_level(void *argument) {
    atomic_store(&level, 5);
    return argument;
}

static void *count(void *argument) {
    *(int *)argument += 1;
    return NULL;
}

int main(void) {
    pthread_t raiser, counter;
    pthread_create(&raiser, NULL, raise_level, NULL);
    (void)atomic_load(&level);
    int *mine = malloc(sizeof *mine);
    *mine = 1;
    pthread_create(&counter, NULL, count, mine);
    pthread_join(raiser, NULL);
    pthread_join(counter, NULL);
    free(mine);
    return 0;
}
