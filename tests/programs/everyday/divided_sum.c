/* divided_sum: A sum is divided among threads that divide theirs. FLAW: the parts are added before the other thread has ended. */
#include <pthread.h>
static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
struct arg {
    int lo, hi;
    int *a;
    long sum;
};
static void *sum(void *p) {
    struct arg *x = p;
    if (x->hi - x->lo <= 2) {
        for (int i = x->lo; i < x->hi; i++)
            x->sum += x->a[i];
        return 0;
    }
    int mid = (x->lo + x->hi) / 2;
    struct arg l = {x->lo, mid, x->a, 0}, r = {mid, x->hi, x->a, 0};
    pthread_t t;
    pthread_create(&t, 0, sum, &l);
    sum(&r);
#ifndef FLAW
    pthread_join(t, 0);
#endif
    x->sum = l.sum + r.sum;
#ifdef FLAW
    pthread_join(t, 0);
#endif
    return 0;
}
int main() {
    int a[8];
    for (int i = 0; i < 8; i++)
        a[i] = fib(i);
    struct arg x = {0, 8, a, 0};
    sum(&x);
    return x.sum != 33;
}
