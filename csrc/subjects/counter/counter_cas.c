/* SPDX-License-Identifier: MIT */
/*
 * counter_cas: a compare-exchange loop, with a choice of what a loser does next.
 *
 * Why       The pattern for every update the machine has no single instruction for. Under
 *           contention the losers decide the throughput: trying again at once, giving up
 *           the processor, or backing off for twice as long each time.
 * Wait      COUNTER_WAIT is COUNTER_WAIT_NOT, COUNTER_WAIT_YIELD or COUNTER_WAIT_BACKOFF.
 *           COUNTER_BACKOFF_LIMIT bounds the pauses between two tries.
 * Progress  Lock-free: a failed exchange means that another one succeeded (or, being
 *           weak, that nothing happened at all). A single thread may lose for ever.
 * Orders    COUNTER_EXCHANGE and COUNTER_LOAD have no partner: nothing is published by a
 *           count.
 */
#include <sched.h>
#include <stdatomic.h>

#include "counter.h"

#define COUNTER_WAIT_NOT 0
#define COUNTER_WAIT_YIELD 1
#define COUNTER_WAIT_BACKOFF 2

#ifndef COUNTER_WAIT
#define COUNTER_WAIT COUNTER_WAIT_NOT
#endif
#ifndef COUNTER_BACKOFF_LIMIT
#define COUNTER_BACKOFF_LIMIT 1024u
#endif
#ifndef COUNTER_EXCHANGE
#define COUNTER_EXCHANGE memory_order_relaxed
#endif
#ifndef COUNTER_LOAD
#define COUNTER_LOAD memory_order_relaxed
#endif

struct counter {
    atomic_long value;
};

void counter_init(struct counter *counter) { atomic_init(&counter->value, 0); }

void counter_destroy(struct counter *counter) { (void)counter; }

/* `pauses` is how long the caller waited last time; returns how long it waited now. */
#if COUNTER_WAIT == COUNTER_WAIT_YIELD
static unsigned wait_after_loss(unsigned pauses) {
    sched_yield();
    return pauses;
}
#elif COUNTER_WAIT == COUNTER_WAIT_BACKOFF
/* Tells the processor that this is a waiting loop; no memory is touched. */
static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static unsigned wait_after_loss(unsigned pauses) {
    for (unsigned pause = 0; pause < pauses; pause++)
        pause_briefly();
    return pauses < COUNTER_BACKOFF_LIMIT ? 2 * pauses : pauses;
}
#else
static unsigned wait_after_loss(unsigned pauses) { return pauses; }
#endif

void counter_increment(struct counter *counter) {
    long value = atomic_load_explicit(&counter->value, COUNTER_LOAD);
    unsigned pauses = 1;
    while (!atomic_compare_exchange_weak_explicit(&counter->value, &value, value + 1,
                                                  COUNTER_EXCHANGE, COUNTER_LOAD))
        pauses = wait_after_loss(pauses);
}

long counter_read(struct counter *counter) {
    return atomic_load_explicit(&counter->value, COUNTER_LOAD);
}

bool counter_is_valid(struct counter *counter) { return counter_read(counter) >= 0; }
