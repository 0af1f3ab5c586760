"""Headers as strangers write them: each with how it is described."""

RING = """\
#ifndef RING_H
#define RING_H
#include <stdatomic.h>
#include <stdbool.h>
#define CAPACITY 2
typedef struct spsc_ring { _Atomic unsigned head, tail; int slot[CAPACITY]; } spsc_ring_t;
enum color { RED, GREEN };
static const int table[] = { 1, 2 };
static inline __attribute__((always_inline)) void spsc_ring_init(spsc_ring_t *r)
{
    if (r) { r->head = 0; r->tail = 0; }
}
static inline bool spsc_ring_put(spsc_ring_t *restrict r, int value)
{
    unsigned tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&r->head, memory_order_acquire) == CAPACITY)
        return false;
    r->slot[tail % CAPACITY] = value;
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}
static inline bool spsc_ring_get(spsc_ring_t *r, int *out)
{
    unsigned head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&r->tail, memory_order_acquire))
        return false;
    *out = r->slot[head % CAPACITY];
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return true;
}
unsigned spsc_ring_size(const spsc_ring_t *r);
void spsc_ring_each(spsc_ring_t *r, void (*visit)(int));
int spsc_ring_log(const char *format, ...);
#endif
"""

TICKET = """\
#pragma once
#include <stdatomic.h>
struct ticket_lock { atomic_uint next, owner; };
static inline void ticket_lock_init(struct ticket_lock *l)
{
    atomic_init(&l->next, 0);
    atomic_init(&l->owner, 0);
}
static inline void ticket_lock_lock(struct ticket_lock *l)
{
    unsigned mine = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&l->owner, memory_order_acquire) != mine)
        ;
}
static inline void ticket_lock_unlock(struct ticket_lock *l)
{
    unsigned owner = atomic_load_explicit(&l->owner, memory_order_relaxed);
    atomic_store_explicit(&l->owner, owner + 1, memory_order_release);
}
"""

MCS = """\
#include <stdatomic.h>
#include <stddef.h>
struct mcs_node { _Atomic(struct mcs_node *) next; atomic_int waits; };
typedef struct { _Atomic(struct mcs_node *) tail; } mcs_t;
static inline void mcs_acquire(mcs_t *l, struct mcs_node *me)
{
    atomic_store(&me->next, NULL);
    atomic_store(&me->waits, 1);
    struct mcs_node *before = atomic_exchange(&l->tail, me);
    if (before) {
        atomic_store(&before->next, me);
        while (atomic_load(&me->waits))
            ;
    }
}
static inline void mcs_release(mcs_t *l, struct mcs_node *me)
{
    struct mcs_node *expected = me, *after = atomic_load(&me->next);
    if (!after) {
        if (atomic_compare_exchange_strong(&l->tail, &expected, NULL))
            return;
        while (!(after = atomic_load(&me->next)))
            ;
    }
    atomic_store(&after->waits, 0);
}
"""

#: An opaque handle, success is 0, and values are pointers.
LFQ = """\
#ifndef LFQ_H
#define LFQ_H
#include <stddef.h>
typedef struct lfq lfq;
lfq *lfq_create(size_t capacity);
void lfq_destroy(lfq *q);
int lfq_enqueue(lfq *q, void *item);
int lfq_dequeue(lfq *, void **item);
#endif
"""
LFQ_C = """\
#include "lfq.h"
#include <pthread.h>
#include <stdlib.h>
struct lfq { pthread_mutex_t mutex; size_t most, count, first; void *item[]; };
lfq *lfq_create(size_t most)
{
    lfq *q = calloc(1, sizeof *q + most * sizeof q->item[0]);
    q->most = most;
    pthread_mutex_init(&q->mutex, NULL);
    return q;
}
void lfq_destroy(lfq *q) { free(q); }
int lfq_enqueue(lfq *q, void *item)
{
    int failed = -1;
    pthread_mutex_lock(&q->mutex);
    if (q->count < q->most) {
        q->item[(q->first + q->count++) % q->most] = item;
        failed = 0;
    }
    pthread_mutex_unlock(&q->mutex);
    return failed;
}
int lfq_dequeue(lfq *q, void **item)
{
    int failed = -1;
    pthread_mutex_lock(&q->mutex);
    if (q->count) {
        *item = q->item[q->first];
        q->first = (q->first + 1) % q->most;
        q->count--;
        failed = 0;
    }
    pthread_mutex_unlock(&q->mutex);
    return failed;
}
"""

#: State in a global, and a counter that loses updates.
HITS = """\
#include <stdatomic.h>
static atomic_long hits;
static inline long hits_add(int amount)
{
    return atomic_fetch_add(&hits, amount) + amount;
}
static inline long hits_get(void) { return atomic_load(&hits); }
"""

#: Both sides wait; the value is passed by pointer.
CHANNEL = """\
#include <stdatomic.h>
struct channel { atomic_int state; int value; };
static inline void channel_send(struct channel *c, const int *value)
{
    int empty = 0;
    while (!atomic_compare_exchange_weak(&c->state, &empty, 1))
        empty = 0;
    c->value = *value;
    atomic_store_explicit(&c->state, 2, memory_order_release);
}
static inline int channel_receive(struct channel *c)
{
    int full = 2;
    while (!atomic_compare_exchange_weak(&c->state, &full, 3))
        full = 2;
    int value = c->value;
    atomic_store_explicit(&c->state, 0, memory_order_release);
    return value;
}
"""

#: Nodes of the caller's; two ways to push, of which one is taken.
NODES = """\
#include <stdatomic.h>
#include <stddef.h>
struct entry { struct entry *next; };
struct nodes { _Atomic(struct entry *) top; };
static inline void nodes_push_mp(struct nodes *s, struct entry *e)
{
    e->next = atomic_load_explicit(&s->top, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&s->top, &e->next, e, memory_order_release,
                                                  memory_order_relaxed))
        ;
}
static inline struct entry *nodes_pop_mp(struct nodes *s)
{
    struct entry *e = atomic_load_explicit(&s->top, memory_order_acquire);
    while (e && !atomic_compare_exchange_weak_explicit(&s->top, &e, e->next,
                                                       memory_order_acquire,
                                                       memory_order_acquire))
        ;
    return e;
}
static inline void nodes_push_sp(struct nodes *s, struct entry *e)
{
    e->next = s->top;
    s->top = e;
}
"""

#: Nothing that is known together.
GATE = """\
#include <stdatomic.h>
struct gate { atomic_int open; int secret; };
static inline void gate_raise(struct gate *g, int level)
{
    g->secret = level;
    atomic_store_explicit(&g->open, 1, memory_order_release);
}
static inline int gate_pass(struct gate *g)
{
    return atomic_load_explicit(&g->open, memory_order_acquire) ? 1 : 0;
}
"""
