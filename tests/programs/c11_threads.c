/* SPDX-License-Identifier: MIT */
/*
 * c11_threads: the same as counter, with C11's own threads, mutexes and condition variables.
 *
 * Bug       -DNO_MUTEX.
 */
#include <assert.h>
#include <stddef.h>
#include <threads.h>

static mtx_t mutex;
static cnd_t reached;
static int counter;

static int add_one(void *unused) {
    (void)unused;
#ifndef NO_MUTEX
    mtx_lock(&mutex);
#endif
    counter++;
#ifndef NO_MUTEX
    cnd_signal(&reached);
    mtx_unlock(&mutex);
#endif
    return 0;
}

int main(void) {
    thrd_t threads[2];
    mtx_init(&mutex, mtx_plain);
    cnd_init(&reached);
    for (int i = 0; i < 2; i++)
        thrd_create(&threads[i], add_one, NULL);
#ifndef NO_MUTEX
    mtx_lock(&mutex);
    while (counter < 2)
        cnd_wait(&reached, &mutex);
    mtx_unlock(&mutex);
#endif
    for (int i = 0; i < 2; i++)
        thrd_join(threads[i], NULL);
    assert(counter == 2);
    return 0;
}
