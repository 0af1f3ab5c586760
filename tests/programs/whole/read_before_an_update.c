/* A plain read is before one's own update in program order; another's update races with it,
   also where that update was made only to drive the own one away. */
#include <pthread.h>
static int y;
static void *adds(void *unused) {
    __atomic_fetch_add(&y, 1, __ATOMIC_RELAXED);
    return unused;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, NULL, adds, NULL);
    int seen = *(volatile int *)&y;
    __atomic_fetch_and(&y, 2, __ATOMIC_RELAXED);
    pthread_join(t, NULL);
    return seen & 0;
}
