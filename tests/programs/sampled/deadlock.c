/* SPDX-License-Identifier: MIT */
/* deadlock: two mutexes taken in opposite order. */
#include "../start.h"

static pthread_mutex_t mutexes[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

static void *take_both(void *number) {
    const int first = number_of(number);
    pthread_mutex_lock(&mutexes[first]);
    pthread_mutex_lock(&mutexes[1 - first]);
    pthread_mutex_unlock(&mutexes[1 - first]);
    pthread_mutex_unlock(&mutexes[first]);
    return number;
}

int main(void) {
    run_same(2, take_both);
    return 0;
}
