/* logger_thread: A thread writes what others log into slots. FLAW: a slot is handed over without release. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#define N 2
static struct {
    char text[32];
    atomic_bool full;
} ring[N];
static atomic_uint wr;
static unsigned rd;
static atomic_bool done;
static char sink[128];
static void logm(const char *lvl, int x) {
    unsigned i = atomic_fetch_add(&wr, 1) % N;
    while (atomic_load_explicit(&ring[i].full, memory_order_acquire))
        ;
    snprintf(ring[i].text, 32, "%s:%d;", lvl, x);
#ifdef FLAW
    atomic_store_explicit(&ring[i].full, true, memory_order_relaxed);
#else
    atomic_store_explicit(&ring[i].full, true, memory_order_release);
#endif
}
static void *drain(void *p) {
    for (;;) {
        bool d = atomic_load(&done);
        unsigned i = rd % N;
        if (atomic_load_explicit(&ring[i].full, memory_order_acquire)) {
            strcat(sink, ring[i].text);
            atomic_store_explicit(&ring[i].full, false, memory_order_release);
            rd++;
        } else if (d)
            return 0;
    }
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, drain, 0);
    for (int i = 0; i < 2; i++)
        logm("info", i);
    atomic_store(&done, true);
    pthread_join(t, 0);
    assert(!strcmp(sink, "info:0;info:1;"));
    return 0;
}
