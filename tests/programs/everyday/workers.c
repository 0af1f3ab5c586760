/* workers: The environment says how many workers there are. FLAW: they add without an atomic. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int workers(void) {
    const char *s = getenv("WORKERS");
    char *e;
    long n;
    if (!s)
        return 2;
    errno = 0;
    n = strtol(s, &e, 10);
    if (errno || *e || n < 1 || n > 8) {
        fprintf(stderr, "bad WORKERS: %s\n", s);
        exit(2);
    }
    return n;
}
static long total;
static void *w(void *a) {
#ifdef FLAW
    total += *(int *)a;
#else
    __sync_add_and_fetch(&total, *(int *)a);
#endif
    return a;
}
int main(void) {
    int n = workers();
    pthread_t *t = calloc(n, sizeof *t);
    int *v = malloc(n * sizeof *v);
    for (int i = 0; i < n; i++) {
        v[i] = i + 1;
        if (pthread_create(&t[i], NULL, w, &v[i])) {
            perror("pthread_create");
            return 1;
        }
    }
    for (int i = 0; i < n; i++) {
        void *r;
        int e = pthread_join(t[i], &r);
        if (e) {
            fprintf(stderr, "%s\n", strerror(e));
            return 1;
        }
    }
    printf("%ld\n", total);
    int ok = total == n * (n + 1) / 2;
    free(t);
    free(v);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
