/* Two owners of a buffer; each frees it when the count it saw was the last one. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct buffer {
    atomic_int owners;
    int bytes;
};

static void *release(void *argument) {
    struct buffer *buffer = argument;
    atomic_fetch_sub(&buffer->owners, 1);
    if (atomic_load(&buffer->owners) == 0)
        free(buffer);
    return NULL;
}

int main(void) {
    pthread_t a, b;
    struct buffer *buffer = malloc(sizeof *buffer);
    atomic_init(&buffer->owners, 2);
    pthread_create(&a, NULL, release, buffer);
    pthread_create(&b, NULL, release, buffer);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
