/* striped_table: A hash table with a lock for each stripe of buckets. FLAW: stripes that are not of buckets. */
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define STRIPES 2
#define BUCKETS 4
struct node {
    struct node *next;
    uint32_t hash;
    int value;
    char key[];
};
static struct node *table[BUCKETS];
static pthread_mutex_t stripe[STRIPES] = {PTHREAD_MUTEX_INITIALIZER,
                                          PTHREAD_MUTEX_INITIALIZER};
static uint32_t fnv(const char *s) {
    uint32_t h = 2166136261u;
    while (*s)
        h = (h ^ (unsigned char)*s++) * 16777619u;
    return h;
}
static void put(const char *key, int v) {
    uint32_t h = fnv(key);
#ifdef FLAW
    pthread_mutex_t *m = &stripe[(h >> 8) % STRIPES];
#else
    pthread_mutex_t *m = &stripe[h % STRIPES];
#endif
    pthread_mutex_lock(m);
    struct node *n = malloc(sizeof *n + strlen(key) + 1);
    if (!n)
        abort();
    *n = (struct node){.next = table[h % BUCKETS], .hash = h, .value = v};
    memcpy(n->key, key, strlen(key) + 1);
    table[h % BUCKETS] = n;
    pthread_mutex_unlock(m);
}
static int get(const char *key) {
    uint32_t h = fnv(key);
    for (struct node *n = table[h % BUCKETS]; n; n = n->next)
        if (n->hash == h && !strcmp(n->key, key))
            return n->value;
    return -1;
}
static void *a_(void *p) {
    put("k3", 1);
    return p;
}
static void *b_(void *p) {
    put("grape16", 2);
    put("pear", 3);
    put("kiwi7", 4);
    return p;
}
int main(void) {
    pthread_t a, b;
    pthread_create(&a, 0, a_, 0);
    pthread_create(&b, 0, b_, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    assert(get("k3") == 1 && get("pear") == 3 && get("plum") == -1);
    for (int i = 0; i < BUCKETS; i++)
        for (struct node *n = table[i], *next; n; n = next) {
            next = n->next;
            free(n);
        }
    return 0;
}
