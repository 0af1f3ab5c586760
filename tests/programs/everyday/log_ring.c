/* log_ring: Lines are formatted into the slots of a ring, and published. FLAW: publishing without release. */
#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <threads.h>
#include <time.h>
enum { SLOTS = 2, LINE = 48 };
static struct {
    atomic_uint seq;
    char text[LINE];
} ring[SLOTS];
static atomic_uint head;
static void logf_(const char *fmt, ...) {
    unsigned at = atomic_fetch_add_explicit(&head, 1, memory_order_relaxed) % SLOTS;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(ring[at].text, LINE, fmt, ap);
    va_end(ap);
#ifdef FLAW
    atomic_store_explicit(&ring[at].seq, 1, memory_order_relaxed);
#else
    atomic_store_explicit(&ring[at].seq, 1, memory_order_release);
#endif
}
static int writer(void *arg) {
    logf_("[%ld] writer %s %5.2f", 12L, (const char *)arg, 2.5);
    return thrd_success;
}
int main(void) {
    thrd_t t;
    if (thrd_create(&t, writer, "one") != thrd_success)
        return 1;
    if (atomic_load_explicit(&ring[0].seq, memory_order_acquire))
        assert(strstr(ring[0].text, "writer one"));
    int r;
    thrd_join(t, &r);
    return r == thrd_success ? 0 : 1;
}
