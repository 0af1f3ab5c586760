/* SPDX-License-Identifier: MIT */
/* mutex: N threads add one to a plain counter under a mutex. */
#include "sized.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *add_one(void *number) {
    (void)number;
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void) {
    run_threads(N, add_one);
    assert(counter == N);
    return 0;
}
