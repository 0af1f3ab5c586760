/* text_builder: A text that grows by formatted pieces, under a spin lock. FLAW: no lock. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct sb {
    char *s;
    size_t len, cap;
    pthread_spinlock_t lk;
};
static struct sb out;
static void sb_addf(struct sb *b, const char *f, ...) {
    va_list ap, aq;
    va_start(ap, f);
    va_copy(aq, ap);
    int n = vsnprintf(NULL, 0, f, ap);
    va_end(ap);
#ifndef FLAW
    pthread_spin_lock(&b->lk);
#endif
    if (b->len + (size_t)n + 1 > b->cap) {
        b->cap = (b->len + (size_t)n + 1) * 2;
        b->s = realloc(b->s, b->cap);
    }
    vsnprintf(b->s + b->len, (size_t)n + 1, f, aq);
    b->len += (size_t)n;
#ifndef FLAW
    pthread_spin_unlock(&b->lk);
#endif
    va_end(aq);
}
static void *w(void *a) {
    sb_addf(&out, "%s=%d;", (char *)a, 5);
    return 0;
}
int main(void) {
    pthread_spin_init(&out.lk, PTHREAD_PROCESS_PRIVATE);
    pthread_t t;
    pthread_create(&t, 0, w, "alpha");
    w("beta");
    pthread_join(t, 0);
    size_t n = strlen(out.s);
    char *p = strcasestr(out.s, "ALPHA");
    int bad = n != out.len || !p || !memmem(out.s, n, "beta=5", 6);
    free(out.s);
    return bad;
}
