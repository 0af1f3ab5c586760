/* sorted_records: Two threads sort a half each. FLAW: main looks a record up meanwhile. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
struct rec {
    char name[8];
    unsigned id : 12, ok : 1;
    double w;
};
static struct rec r[4] = {
    {"d", 4, 1, .4}, {"b", 2, 0, .2}, {"a", 1, 1, .1}, {"c", 3, 1, .3}};
static struct rec out[4];
static int cmp(const void *a, const void *b) {
    return strcmp(((struct rec *)a)->name, ((struct rec *)b)->name);
}
static void *th(void *p) {
    struct rec *b = r + 2 * (long)p;
    qsort(b, 2, sizeof *b, cmp);
    return 0;
}
int main() {
    pthread_t t[2];
    for (long i = 0; i < 2; i++)
        pthread_create(t + i, 0, th, (void *)i);
#ifdef FLAW
    struct rec k0 = {"b"};
    if (!bsearch(&k0, r, 2, sizeof *r, cmp))
        return 2;
#endif
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    memcpy(out, r, sizeof r);
    qsort(out, 4, sizeof *out, cmp);
    struct rec k = {"c"}, *f = bsearch(&k, out, 4, sizeof *out, cmp);
    assert(f && f->id == 3 && f - out == 2 && f->ok);
    return 0;
}
