/* Two threads count visitors; the counter is a plain int. */
#include <pthread.h>

static int visitors;

static void *enter(void *unused) {
    visitors++;
    return unused;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, enter, NULL);
    pthread_create(&b, NULL, enter, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
