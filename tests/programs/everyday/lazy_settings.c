/* lazy_settings: Settings are made by whoever asks first. FLAW: they are found without acquire. */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
struct cfg {
    int a;
    char name[8];
};
static struct cfg *_Atomic inst;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static struct cfg *get(void) {
    struct cfg *c = atomic_load_explicit(&inst,
#ifdef FLAW
                                         memory_order_relaxed
#else
                                         memory_order_acquire
#endif
    );
    if (!c) {
        pthread_mutex_lock(&m);
        c = atomic_load_explicit(&inst, memory_order_relaxed);
        if (!c) {
            c = calloc(1, sizeof *c);
            c->a = 3;
            strcpy(c->name, "cfg");
            atomic_store_explicit(&inst, c, memory_order_release);
        }
        pthread_mutex_unlock(&m);
    }
    return c;
}
static void *th(void *a) {
    assert(get()->a == 3 && !strcmp(get()->name, "cfg"));
    return 0;
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    th(0);
    pthread_join(t, 0);
    free(inst);
}
