/* sorted_halves: Two threads sort halves of an array, which are then merged. FLAW: the halves overlap. */
#include <alloca.h>
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
typedef int (*compare_fn)(const void *, const void *);
struct job {
    int *from;
    size_t n;
    compare_fn cmp;
};
static int up(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}
static void *sort(void *p) {
    struct job *j = p;
    qsort(j->from, j->n, sizeof *j->from, j->cmp);
    return NULL;
}
int main(void) {
    enum { N = 6 };
    int *v = alloca(N * sizeof *v);
    for (int i = 0; i < N; i++)
        v[i] = (i * 5 + 3) % N;
#ifdef FLAW
    struct job jobs[] = {{v, N / 2 + 1, up}, {v + N / 2, N / 2, up}};
#else
    struct job jobs[] = {{v, N / 2, up}, {.from = v + N / 2, .n = N / 2, .cmp = up}};
#endif
    pthread_t t[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, sort, &jobs[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    int merged[N];
    for (int i = 0, a = 0, b = N / 2; i < N; i++)
        merged[i] = b == N || (a < N / 2 && v[a] < v[b]) ? v[a++] : v[b++];
    int key = 4;
    int *f = bsearch(&key, merged, N, sizeof *merged, up);
    assert(f && *f == 4);
    for (int i = 1; i < N; i++)
        assert(merged[i - 1] <= merged[i]);
    return 0;
}
