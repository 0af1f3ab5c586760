/* SPDX-License-Identifier: MIT */
/*
 * dining_philosophers: three forks in a circle (Dijkstra, 1965); one philosopher is left-handed.
 *
 * Bug       -DALL_RIGHT_HANDED: all may hold one fork and wait for the next.
 */
#include "start.h"

enum { SEATS = 3 };

static pthread_mutex_t forks[SEATS] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                       PTHREAD_MUTEX_INITIALIZER};
static int meals[SEATS];

static void *dine(void *number) {
    const int seat = number_of(number);
    int first = seat, second = (seat + 1) % SEATS;
#ifndef ALL_RIGHT_HANDED
    if (seat == SEATS - 1) {
        first = 0;
        second = seat;
    }
#endif
    pthread_mutex_lock(&forks[first]);
    pthread_mutex_lock(&forks[second]);
    meals[seat]++;
    pthread_mutex_unlock(&forks[second]);
    pthread_mutex_unlock(&forks[first]);
    return number;
}

int main(void) {
    run_same(SEATS, dine);
    return 0;
}
