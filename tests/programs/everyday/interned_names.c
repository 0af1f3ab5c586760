/* interned_names: Names get numbers, under a lock for readers and writers. FLAW: a name is added under the lock for readers. */
#include <assert.h>
#include <pthread.h>
#include <string.h>
static pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;
static struct kv {
    char k[8];
    int v;
} kv[4];
static int n;
static int lookup(const char *k) {
    int r = -1;
    pthread_rwlock_rdlock(&l);
    for (int i = 0; i < n; i++)
        if (!strcmp(kv[i].k, k))
            r = kv[i].v;
    pthread_rwlock_unlock(&l);
    return r;
}
static int intern(const char *k) {
    int r = lookup(k);
    if (r >= 0)
        return r;
#ifdef FLAW
    pthread_rwlock_rdlock(&l);
#else
    pthread_rwlock_wrlock(&l);
#endif
    for (int i = 0; i < n; i++)
        if (!strcmp(kv[i].k, k)) {
            r = kv[i].v;
            goto out;
        }
    strncpy(kv[n].k, k, 7);
    kv[n].v = r = n;
    n++;
out:
    pthread_rwlock_unlock(&l);
    return r;
}
static void *th(void *p) {
    int a = intern("foo");
    assert(intern("foo") == a);
    return 0;
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    int b = intern("foo");
    pthread_join(t, 0);
    assert(lookup("foo") == b && n == 1);
    return 0;
}
