/* What the writer can do before main leaves is part of the check: HOW is exit, _exit or quick_exit. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int ready;

static void *get_ready(void *argument) {
    atomic_store(&ready, 1);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, get_ready, NULL);
    assert(atomic_load(&ready) == 0);
    HOW(0);
}
