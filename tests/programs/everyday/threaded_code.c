/* threaded_code: An interpreter that goes from each instruction to the next by a computed goto. FLAW: lost update. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
static atomic_int sum;
static int steps;
__attribute__((constructor)) static void prepare(void) { steps++; }
static int run(const unsigned char *code) {
    static const void *const to[] = {&&add, &&subtract, &&halt};
    int at = 0;
    goto *to[code[at++]];
add:
    atomic_fetch_add_explicit(&sum, 1, memory_order_relaxed);
    goto *to[code[at++]];
subtract:
#ifdef FLAW
    atomic_store_explicit(&sum, sum - 1, memory_order_relaxed);
#else
    atomic_fetch_sub_explicit(&sum, 1, memory_order_relaxed);
#endif
    goto *to[code[at++]];
halt:
    return at;
}
static void *work(void *p) {
    static const unsigned char code[] = {0, 0, 1, 2};
    assert(run(code) == 4 && steps == 1);
    return p;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, work, 0);
    work(0);
    pthread_join(t, 0);
    assert(sum == 2);
    return 0;
}
