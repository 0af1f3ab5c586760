
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
static pthread_t t_[8]; static int n_;
__attribute__((unused)) static void go(void *(*f)(void *), void *a) { pthread_create(&t_[n_++], 0, f, a); }
__attribute__((unused)) static void done(void) { for (int i = 0; i < n_; i++) pthread_join(t_[i], 0); }
#define THREAD(name) static void *name(void *arg)
#define UNUSED (void)arg

static int flag, *_Atomic place;
static void *clears(void *unused) {
    memset(&flag, 0, sizeof flag);
    atomic_store_explicit(&place, &flag, memory_order_release);
    __atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
    return unused;
}
static void *waits(void *unused) {
    int *at = atomic_load_explicit(&place, memory_order_acquire);
    if (at)
        while (!__atomic_load_n(at, __ATOMIC_ACQUIRE)) ;
    return unused;
}
int main(void) {
    pthread_t t[2];
    pthread_create(&t[0], 0, waits, 0);
    pthread_create(&t[1], 0, clears, 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    return 0;
}
