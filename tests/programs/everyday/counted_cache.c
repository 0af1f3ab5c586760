/* counted_cache: A cache of entries with reference counts. FLAW: an entry is counted after the lock is given back. */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define CAP 2
struct entry {
    int key;
    atomic_int ref;
    char *val;
    struct entry *prev, *next;
};
static struct {
    pthread_mutex_t m;
    struct entry lru;
    int n;
} c = {PTHREAD_MUTEX_INITIALIZER, {.prev = &c.lru, .next = &c.lru}};
static void unref(struct entry *e) {
    if (atomic_fetch_sub(&e->ref, 1) == 1) {
        free(e->val);
        free(e);
    }
}
static void unlink_(struct entry *e) {
    e->prev->next = e->next;
    e->next->prev = e->prev;
}
static void front(struct entry *e) {
    e->next = c.lru.next;
    e->prev = &c.lru;
    e->next->prev = e;
    c.lru.next = e;
}
static struct entry *get(int k) {
    pthread_mutex_lock(&c.m);
    struct entry *e;
    for (e = c.lru.next; e != &c.lru && e->key != k; e = e->next)
        ;
    if (e == &c.lru) {
        e = malloc(sizeof *e);
        e->key = k;
        atomic_init(&e->ref, 1);
        char b[16];
        snprintf(b, sizeof b, "v%d", k);
        e->val = strdup(b);
        front(e);
        if (++c.n > CAP) {
            struct entry *o = c.lru.prev;
            unlink_(o);
            c.n--;
            unref(o);
        }
    } else {
        unlink_(e);
        front(e);
    }
#ifndef FLAW
    atomic_fetch_add(&e->ref, 1);
#endif
    pthread_mutex_unlock(&c.m);
#ifdef FLAW
    atomic_fetch_add(&e->ref, 1);
#endif
    return e;
}
static void *th(void *p) {
    for (int i = 1; i <= 2; i++) {
        struct entry *e = get(i + 1);
        assert(e->val[1] == '1' + i);
        unref(e);
    }
    return 0;
}
int main() {
    pthread_t t;
    pthread_create(&t, 0, th, 0);
    struct entry *e = get(1);
    assert(!strcmp(e->val, "v1"));
    unref(e);
    e = get(4);
    unref(e);
    pthread_join(t, 0);
    struct entry *x = c.lru.next;
    while (x != &c.lru) {
        struct entry *nx = x->next;
        unref(x);
        x = nx;
    }
    return 0;
}
