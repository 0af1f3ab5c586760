/* rate_limiter: Tokens under a lock, filled up by the clock. FLAW: no lock. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
typedef struct {
    pthread_mutex_t mu;
    uint64_t tokens, last_ns;
    uint64_t burst;
} limiter;
static limiter lim = {PTHREAD_MUTEX_INITIALIZER, 1, 0, 1};
static uint64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
static bool allow(limiter *l) {
    bool ok = false;
    uint64_t now = now_ns();
#ifndef FLAW
    pthread_mutex_lock(&l->mu);
#endif
    if (now - l->last_ns > 3600000000000ull) {
        l->tokens = l->burst;
        l->last_ns = now;
    }
    if (l->tokens) {
        l->tokens--;
        ok = true;
    }
#ifndef FLAW
    pthread_mutex_unlock(&l->mu);
#endif
    return ok;
}
static _Atomic int passed;
static void *client(void *a) {
    (void)a;
    if (allow(&lim))
        passed++;
    return NULL;
}
int main(void) {
    pthread_t a, b;
    lim.last_ns = now_ns();
    pthread_create(&a, 0, client, 0);
    pthread_create(&b, 0, client, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    printf("%d passed %" PRIu64 " left\n", passed, lim.tokens);
    return passed > 2;
}
