/* smoothing: Two threads smooth an array in phases. FLAW: the second barrier of a phase is missing. */
#include <pthread.h>
#include <string.h>
static pthread_barrier_t b;
static double cur[4] = {1, 2, 3, 4}, nxt[4];
static void *th(void *p) {
    long me = (long)p;
    for (int it = 0; it < 2; it++) {
        for (int i = (int)me * 2; i < (int)me * 2 + 2; i++)
            nxt[i] = (cur[(i + 3) % 4] + cur[(i + 1) % 4]) / 2;
        int r = pthread_barrier_wait(&b);
        if (r == PTHREAD_BARRIER_SERIAL_THREAD)
            memcpy(cur, nxt, sizeof cur);
#ifndef FLAW
        pthread_barrier_wait(&b);
#endif
    }
    return 0;
}
int main() {
    pthread_barrier_init(&b, 0, 2);
    pthread_t t;
    pthread_create(&t, 0, th, (void *)1);
    th(0);
    pthread_join(t, 0);
    pthread_barrier_destroy(&b);
    return cur[0] != cur[2];
}
