/* last_error: The text of the last error, whichever that was. FLAW: no lock. */
#define _POSIX_C_SOURCE 200809L
#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char last[64];
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static void fail(int e) {
    char b[64];
    if (strerror_r(e, b, sizeof b))
        strcpy(b, "?");
#ifndef FLAW
    pthread_rwlock_wrlock(&rw);
#endif
    snprintf(last, sizeof last, "E%d: %s", e, b);
#ifndef FLAW
    pthread_rwlock_unlock(&rw);
#endif
}
static void *w(void *a) {
    fail((int)(long)a);
    return 0;
}
int main(void) {
    setlocale(LC_ALL, "");
    pthread_t t, u;
    pthread_create(&t, 0, w, (void *)ENOENT);
    pthread_create(&u, 0, w, (void *)EINVAL);
    pthread_join(t, 0);
    pthread_join(u, 0);
    assert(!strcmp(last, "E2: No such file or directory") ||
           !strcmp(last, "E22: Invalid argument"));
    fprintf(stderr, "%s\n", last);
    return 0;
}
