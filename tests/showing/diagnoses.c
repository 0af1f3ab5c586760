/* One flaw a number: what is it called? */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RLX memory_order_relaxed
#define REL memory_order_release
#define ACQ memory_order_acquire
#define SC memory_order_seq_cst

static atomic_int flag, other, data, seen;
static int plain;

/* 1: ABA */
struct node {
    int value;
    _Atomic(struct node *) next;
};
static struct node nodes[3];
static _Atomic(struct node *) top;
static atomic_int taken[3];
static struct node *pop(void) {
    struct node *first = atomic_load(&top);
    while (first &&
           !atomic_compare_exchange_strong(&top, &first, atomic_load(&first->next)))
        ;
    return first;
}
static void push(struct node *node) {
    struct node *first = atomic_load(&top);
    do
        atomic_store(&node->next, first);
    while (!atomic_compare_exchange_strong(&top, &first, node));
}
static void *aba_pop(void *arg) {
    struct node *mine = pop();
    struct node *more = pop();
    if (mine && more)
        assert(atomic_fetch_add(&taken[more - nodes], 1) == 0);
    return arg;
}
static void *aba_back(void *arg) {
    struct node *a = pop(), *b = pop();
    if (b)
        assert(atomic_fetch_add(&taken[b - nodes], 1) == 0);
    if (a)
        push(a);
    return arg;
}

/* 2: lost wake-up */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER,
                       lock2 = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static void *lw_wait(void *arg) {
    if (!atomic_load(&flag)) {
        pthread_mutex_lock(&lock);
        pthread_cond_wait(&ready, &lock);
        pthread_mutex_unlock(&lock);
    }
    return arg;
}
static void *lw_signal(void *arg) {
    atomic_store(&flag, 1);
    pthread_cond_signal(&ready);
    return arg;
}

/* 3: double free */
static atomic_int users = 2;
static int *block;
static void *df(void *arg) {
    atomic_fetch_sub(&users, 1);
    if (atomic_load(&users) == 0)
        free(block);
    return arg;
}

/* 4: published before it is initialised */
static _Atomic(int *) shared;
static int object;
static void *early_writer(void *arg) {
    atomic_store_explicit(&shared, &object, REL);
    object = 1;
    return arg;
}
static void *early_reader(void *arg) {
    int *got = atomic_load_explicit(&shared, ACQ);
    if (got && *got != 1)
        abort();
    return arg;
}

/* 5: published, relaxed */
static void *late_writer(void *arg) {
    object = 1;
    atomic_store_explicit(&shared, &object, RLX);
    return arg;
}
static void *late_reader(void *arg) {
    int *got = atomic_load_explicit(&shared, ACQ);
    if (got && *got != 1)
        abort();
    return arg;
}

/* 6: a fence is missing between two variables */
static void *sb_left(void *arg) {
    atomic_store_explicit(&flag, 1, REL);
    if (!atomic_load_explicit(&other, ACQ))
        assert(atomic_fetch_add(&seen, 1) == 0);
    return arg;
}
static void *sb_right(void *arg) {
    atomic_store_explicit(&other, 1, REL);
    if (!atomic_load_explicit(&flag, ACQ))
        assert(atomic_fetch_add(&seen, 1) == 0);
    return arg;
}

/* 7: lost update */
static void *lu(void *arg) {
    atomic_store(&data, atomic_load(&data) + 1);
    return arg;
}

/* 8: locks in two orders */
static void *dl_left(void *arg) {
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&lock2);
    pthread_mutex_unlock(&lock2);
    pthread_mutex_unlock(&lock);
    return arg;
}
static void *dl_right(void *arg) {
    pthread_mutex_lock(&lock2);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&lock2);
    return arg;
}

/* 9: use after free */
static void *uaf_free(void *arg) {
    free(block);
    return arg;
}
static void *uaf_use(void *arg) {
    plain = *(volatile int *)block;
    return arg;
}

/* 10: initialised late, with atomics */
static void *ea_writer(void *arg) {
    atomic_store(&flag, 1);
    atomic_store(&data, 1);
    return arg;
}
static void *ea_reader(void *arg) {
    if (atomic_load(&flag))
        assert(atomic_load(&data));
    return arg;
}

/* 11: two steps that belong together; no rule knows it */
static void *ts_writer(void *arg) {
    atomic_store(&flag, 1);
    atomic_store(&other, 1);
    return arg;
}
static void *ts_reader(void *arg) {
    int a = atomic_load(&flag);
    assert(a == atomic_load(&other));
    return arg;
}

/* 12: stale publication with atomics */
static void *sp_writer(void *arg) {
    atomic_store_explicit(&data, 1, RLX);
    atomic_store_explicit(&flag, 1, RLX);
    return arg;
}
static void *sp_reader(void *arg) {
    if (atomic_load_explicit(&flag, ACQ))
        assert(atomic_load_explicit(&data, RLX));
    return arg;
}

/* 13: plain counter */
static void *pc(void *arg) {
    plain++;
    return arg;
}

/* 14: read of memory that nobody wrote */
static void *un(void *arg) {
    if (*block)
        plain = 1;
    return arg;
}

/* 15: as 7, in a block of calloc: all its bytes were written at once, after it was allocated */
static struct cleared {
    atomic_int before, count;
} *cleared;

static void *lc(void *arg) {
    atomic_load(&cleared->before);
    atomic_store(&cleared->count, atomic_load(&cleared->count) + 1);
    return arg;
}

/* 16: as 5, after the two have met elsewhere: what was seen there publishes nothing */
static void *met_writer(void *arg) {
    atomic_fetch_add(&data, 1);
    plain = 1;
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return arg;
}

static void *met_reader(void *arg) {
    if (atomic_fetch_add_explicit(&data, 1, memory_order_relaxed) == 1 &&
        atomic_load_explicit(&flag, memory_order_relaxed))
        assert(plain == 1);
    return arg;
}

typedef void *run(void *);
static run *const left[] = {0,           aba_pop,   lw_wait,   df,      early_writer,
                            late_writer, sb_left,   lu,        dl_left, uaf_free,
                            ea_writer,   ts_writer, sp_writer, pc,      un,
                            lc,          met_writer};
static run *const right[] = {0,           aba_back,  lw_signal, df,       early_reader,
                             late_reader, sb_right,  lu,        dl_right, uaf_use,
                             ea_reader,   ts_reader, sp_reader, pc,       pc,
                             lc,          met_reader};

static void set_up(int which) {
    if (which == 3 || which == 9 || which == 14)
        block = malloc(sizeof *block);
    if (which == 9)
        *block = 1;
    if (which == 15)
        cleared = calloc(1, sizeof *cleared + 8);
    if (which == 1) {
        nodes[0].next = &nodes[1];
        nodes[1].next = &nodes[2];
        top = &nodes[0];
    }
}

int main(int count, char **words) {
    int which = count > 1 ? atoi(words[1]) : 0;
    pthread_t a, b;
    set_up(which);
    pthread_create(&a, NULL, left[which], NULL);
    pthread_create(&b, NULL, right[which], NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    if (which == 7)
        assert(data == 2);
    if (which == 15)
        assert(cleared->count == 2);
    return 0;
}
