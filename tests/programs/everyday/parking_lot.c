/* parking_lot: A lock of three states whose waiters sleep in futexes. FLAW: who was woken takes it as if nobody else slept. */
#define _GNU_SOURCE
#include <assert.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
/* Drepper mutex2 + parker */
static int futex(atomic_uint *u, int op, unsigned v) {
    return syscall(SYS_futex, u, op, v, NULL, NULL, 0);
}
static atomic_uint m;
static void lock(void) {
    unsigned c = 0;
    if (atomic_compare_exchange_strong(&m, &c, 1))
        return;
    if (c != 2)
        c = atomic_exchange(&m, 2);
    while (c) {
        futex(&m, FUTEX_WAIT_PRIVATE, 2);
        c = atomic_exchange(&m,
#ifdef FLAW
                            1
#else
                            2
#endif
        );
    }
}
static void unlock(void) {
    if (atomic_fetch_sub(&m, 1) != 1) {
        atomic_store(&m, 0);
        futex(&m, FUTEX_WAKE_PRIVATE, 1);
    }
}
static int x;
static void *w(void *a) {
    lock();
    x++;
    unlock();
    return 0;
}
int main() {
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], 0, w, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], 0);
    assert(x == 3);
}
