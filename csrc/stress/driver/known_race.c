/* SPDX-License-Identifier: MIT */
/*
 * known_race: a program with a race that is known to be there: does this machine show it?
 *
 * Why       That nothing failed says something only where something could have been seen.
 */
#include <pthread.h>
#include <stddef.h>

enum { TIMES = 3000 };
static volatile int counter;

static void *count(void *argument) {
    for (int i = 0; i < TIMES; i++)
        counter = counter + 1;
    return argument;
}

int main(void) {
    pthread_t other;
    if (pthread_create(&other, NULL, count, NULL))
        return 0;
    count(NULL);
    pthread_join(other, NULL);
    return counter != 2 * TIMES;
}
