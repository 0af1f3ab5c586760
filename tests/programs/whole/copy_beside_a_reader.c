/* The write and the read of a copy are seen like any other: RACE: by a reader of what is overwritten. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

struct point {
    long x, y, z;
};

static struct point from = {1, 2, 3}, to;
static atomic_int done;

static void *copy(void *argument) {
    to = from;
    atomic_store(&done, 1);
    return argument;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, copy, NULL);
#ifdef RACE
    long z = to.z;
    assert(z <= 3);
#else
    if (atomic_load(&done))
        assert(to.z == 3);
#endif
    pthread_join(thread, NULL);
    return 0;
}
