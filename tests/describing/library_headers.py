"""Headers in the shapes that libraries give theirs (Concurrency Kit, DPDK), sound as they are."""

#: Readers and a writer, a second way to take the lock that wants a measured configuration.
RWLOCK = """\
#include <stdatomic.h>
typedef struct rwlock { atomic_int readers, writer; } rwlock_t;
struct rw_tuning { int rounds; };
static inline void rwlock_write_lock(rwlock_t *l)
{
    int none = 0;
    while (!atomic_compare_exchange_weak(&l->writer, &none, 1))
        none = 0;
    while (atomic_load(&l->readers))
        ;
}
static inline void rwlock_write_unlock(rwlock_t *l) { atomic_store(&l->writer, 0); }
static inline void rwlock_write_lock_tuned(rwlock_t *l, struct rw_tuning *t)
{
    while (t->rounds == 0)
        ;
    rwlock_write_lock(l);
}
static inline void rwlock_read_lock(rwlock_t *l)
{
    for (;;) {
        while (atomic_load(&l->writer))
            ;
        atomic_fetch_add(&l->readers, 1);
        if (!atomic_load(&l->writer))
            return;
        atomic_fetch_sub(&l->readers, 1);
    }
}
static inline void rwlock_read_unlock(rwlock_t *l) { atomic_fetch_sub(&l->readers, 1); }
"""

#: The slots lie beside the ring; values are copied through pointers to anything.
SLOTS = """\
#include <stdatomic.h>
#include <stdbool.h>
struct slots { unsigned mask; atomic_uint head, tail; };
struct slots_buffer { void *value; };
static inline void slots_init(struct slots *r, unsigned size) { r->mask = size - 1; }
static inline bool slots_enqueue_spsc(struct slots *r, struct slots_buffer *b, const void *entry)
{
    unsigned tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (tail - atomic_load_explicit(&r->head, memory_order_acquire) > r->mask)
        return false;
    b[tail & r->mask].value = (void *)entry;
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
    return true;
}
static inline bool slots_dequeue_spsc(struct slots *r, const struct slots_buffer *b, void *out)
{
    unsigned head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&r->tail, memory_order_acquire))
        return false;
    *(void **)out = b[head & r->mask].value;
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return true;
}
"""

#: Links nodes of the caller's, that come with a value; a lock of its own for several writers.
FIFO = """\
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
struct fifo_entry { void *value; struct fifo_entry *_Atomic next; };
struct fifo_spsc { struct fifo_entry *head, *tail; atomic_flag busy; };
static inline void fifo_spsc_init(struct fifo_spsc *f, struct fifo_entry *stub)
{
    stub->next = NULL;
    f->head = f->tail = stub;
}
static inline void fifo_spsc_enqueue_lock(struct fifo_spsc *f)
{
    while (atomic_flag_test_and_set(&f->busy))
        ;
}
static inline void fifo_spsc_enqueue_unlock(struct fifo_spsc *f) { atomic_flag_clear(&f->busy); }
static inline void fifo_spsc_enqueue(struct fifo_spsc *f, struct fifo_entry *e, void *value)
{
    e->value = value;
    e->next = NULL;
    atomic_store_explicit(&f->tail->next, e, memory_order_release);
    f->tail = e;
}
static inline bool fifo_spsc_dequeue(struct fifo_spsc *f, void *out)
{
    struct fifo_entry *e = atomic_load_explicit(&f->head->next, memory_order_acquire);
    if (e == NULL)
        return false;
    *(void **)out = e->value;
    f->head = e;
    return true;
}
"""

#: Names with an underscore, any of two pointers to the state, accesses through volatile with
#: fences, and a put that says whether something was there: as older libraries are written.
LINKED = """\
#include <stdbool.h>
#include <stddef.h>
struct linked_node { struct linked_node *next; };
struct __linked { struct linked_node *head; };
struct linked { struct linked_node *head; int spare; };
typedef union { struct __linked *_l; struct linked *l; }
    __attribute__((__transparent_union__)) linked_pointer;
#define SHARED(x) (*(__volatile__ __typeof__(x) *)&(x))
static inline void _linked_init(struct linked *l) { l->head = NULL; }
static inline bool _linked_push(linked_pointer any, struct linked_node *node)
{
    struct linked_node *head = NULL, *old;
    for (;;) {
        node->next = head;
        old = head;
        head = __sync_val_compare_and_swap(&any._l->head, old, node);
        if (head == old)
            return head != NULL;
    }
}
static inline struct linked_node *_linked_pop(linked_pointer any)
{
    for (;;) {
        struct linked_node *head = SHARED(any._l->head);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (head == NULL || __sync_bool_compare_and_swap(&any._l->head, head, head->next))
            return head;
    }
}
static inline struct linked_node *_linked_pop_all(linked_pointer any)
{
    return __atomic_exchange_n(&any._l->head, NULL, __ATOMIC_SEQ_CST);
}
"""

#: Head and tail apart, also where it ends; a lock for those who dequeue, what is told beside
#: the node, and names that stand for others with an underscore.
WFQ = """\
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
struct wfq_node { struct wfq_node *_Atomic next; };
struct wfq_head { struct wfq_node node; atomic_flag lock; };
struct wfq_tail { struct wfq_node *_Atomic p; };
#define wfq_enqueue _wfq_enqueue
#define wfq_dequeue _wfq_dequeue
#define wfq_dequeue_lock _wfq_dequeue_lock
static inline void wfq_init(struct wfq_head *head, struct wfq_tail *tail)
{
    head->node.next = NULL;
    tail->p = &head->node;
}
static inline void wfq_destroy(struct wfq_head *head, struct wfq_tail *tail)
{
    head->node.next = NULL;
    tail->p = NULL;
}
static inline void _wfq_dequeue_lock(struct wfq_head *head, struct wfq_tail *tail)
{
    while (tail && atomic_flag_test_and_set(&head->lock))
        ;
}
static inline bool _wfq_enqueue(struct wfq_head *head, struct wfq_tail *tail, struct wfq_node *node)
{
    atomic_store(&node->next, NULL);
    struct wfq_node *old = atomic_exchange(&tail->p, node);
    atomic_store(&old->next, node);
    return old != &head->node;
}
static inline struct wfq_node *
_wfq_dequeue(struct wfq_head *head, struct wfq_tail *tail, int *state)
{
    struct wfq_node *node = atomic_load(&head->node.next), *last = node, *next;
    *state = 0;
    if (!node)
        return NULL;
    next = atomic_load(&node->next);
    if (!next) {
        atomic_store(&head->node.next, NULL);
        *state = 1;
        if (atomic_compare_exchange_strong(&tail->p, &last, &head->node))
            return node;
        while (!(next = atomic_load(&node->next)))
            ;
    }
    atomic_store(&head->node.next, next);
    return node;
}
"""
