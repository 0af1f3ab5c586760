/* SPDX-License-Identifier: MIT */
/*
 * pthread_rwlock: readers together, the writer alone.
 *
 * Bug       -DWRITES_AS_READER: the writer takes the lock for reading.
 */
#include "start.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int left, right;

static void *read_both(void *number) {
    pthread_rwlock_rdlock(&lock);
    assert(left == right);
    pthread_rwlock_unlock(&lock);
    return number;
}

static void *write_both(void *number) {
#ifdef WRITES_AS_READER
    pthread_rwlock_rdlock(&lock);
#else
    pthread_rwlock_wrlock(&lock);
#endif
    left++;
    right++;
    pthread_rwlock_unlock(&lock);
    return number;
}

int main(void) {
    thread_function *const functions[] = {read_both, write_both, read_both};
    run_threads(3, functions);
    return 0;
}
