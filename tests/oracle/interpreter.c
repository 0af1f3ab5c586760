/* SPDX-License-Identifier: MIT */
/*
 * interpreter: runs the litmus program given as its argument, so that one compiled file serves them all.
 *
 * Why       Compiling each drawn program would take longer than exploring it.
 * Argument  Numbers: per thread the count of its steps, then each step as FIELDS numbers in the
 *           order of struct step. printer.py writes this form.
 * Orders    A memory order must be a constant where it is used, hence the switches.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum { MOST_THREADS = 4, MOST_STEPS = 24, REGISTERS = 8, FIELDS = 8 };
enum what { LOAD, STORE, EXCHANGE, ADD, SUB, AND, OR, XOR, NAND, CAS, FENCE, UNLESS, SKIP };
enum order { RLX, CON, ACQ, REL, AR, SC };

struct step {
    int what;
    int location;
    int order;
    int failure;   /* compare-exchange: order on failure */
    int target;    /* register that gets the value read; UNLESS: register compared */
    int constant;  /* value written is constant + register */
    int source;    /* that register, or -1; UNLESS, SKIP: number of steps to leave out */
    int expected;
};

static atomic_int x, y, z, w;
static atomic_int *const locations[] = {&x, &y, &z, &w};
static struct step steps[MOST_THREADS][MOST_STEPS];
static int lengths[MOST_THREADS];

#define ORDERED_LOAD(name, order) case name: return atomic_load_explicit(p, order)
#define ORDERED_STORE(name, order) case name: atomic_store_explicit(p, value, order); break
#define ORDERED_FENCE(name, order) case name: atomic_thread_fence(order); break
#define ORDERED_CAS(name, failed, order, order_failed) \
    case name * 8 + failed: \
        atomic_compare_exchange_strong_explicit(p, &expected, desired, order, order_failed); break
#define ORDERED_RMW(function, name, order) case name: return function(p, value, order)
#define ALL_RMW(function) \
    switch (order) { \
        ORDERED_RMW(function, RLX, memory_order_relaxed); \
        ORDERED_RMW(function, ACQ, memory_order_acquire); \
        ORDERED_RMW(function, REL, memory_order_release); \
        ORDERED_RMW(function, AR, memory_order_acq_rel); \
    default: return function(p, value, memory_order_seq_cst); \
    }
#define FETCH_NAND(p, value, order) __atomic_fetch_nand((int *)(p), value, order)

static int load(atomic_int *p, int order) {
    switch (order) {
        ORDERED_LOAD(RLX, memory_order_relaxed);
        ORDERED_LOAD(CON, memory_order_consume);
        ORDERED_LOAD(ACQ, memory_order_acquire);
    default: return atomic_load_explicit(p, memory_order_seq_cst);
    }
}

static void store(atomic_int *p, int value, int order) {
    switch (order) {
        ORDERED_STORE(RLX, memory_order_relaxed);
        ORDERED_STORE(REL, memory_order_release);
    default: atomic_store_explicit(p, value, memory_order_seq_cst);
    }
}

static void fence(int order) {
    switch (order) {
        ORDERED_FENCE(ACQ, memory_order_acquire);
        ORDERED_FENCE(REL, memory_order_release);
        ORDERED_FENCE(AR, memory_order_acq_rel);
    default: atomic_thread_fence(memory_order_seq_cst);
    }
}

static int compare_exchange(atomic_int *p, int expected, int desired, int order, int failure) {
    switch (order * 8 + failure) {
        ORDERED_CAS(RLX, RLX, memory_order_relaxed, memory_order_relaxed);
        ORDERED_CAS(ACQ, RLX, memory_order_acquire, memory_order_relaxed);
        ORDERED_CAS(ACQ, ACQ, memory_order_acquire, memory_order_acquire);
        ORDERED_CAS(REL, RLX, memory_order_release, memory_order_relaxed);
        ORDERED_CAS(AR, RLX, memory_order_acq_rel, memory_order_relaxed);
        ORDERED_CAS(AR, ACQ, memory_order_acq_rel, memory_order_acquire);
        ORDERED_CAS(SC, RLX, memory_order_seq_cst, memory_order_relaxed);
        ORDERED_CAS(SC, ACQ, memory_order_seq_cst, memory_order_acquire);
    default:
        atomic_compare_exchange_strong_explicit(p, &expected, desired, memory_order_seq_cst,
                                                memory_order_seq_cst);
    }
    return expected; /* the value found, in both cases */
}

static int exchange(atomic_int *p, int value, int order) { ALL_RMW(atomic_exchange_explicit) }
static int add(atomic_int *p, int value, int order) { ALL_RMW(atomic_fetch_add_explicit) }
static int sub(atomic_int *p, int value, int order) { ALL_RMW(atomic_fetch_sub_explicit) }
static int and(atomic_int *p, int value, int order) { ALL_RMW(atomic_fetch_and_explicit) }
static int or(atomic_int *p, int value, int order) { ALL_RMW(atomic_fetch_or_explicit) }
static int xor(atomic_int *p, int value, int order) { ALL_RMW(atomic_fetch_xor_explicit) }
static int nand(atomic_int *p, int value, int order) { ALL_RMW(FETCH_NAND) }

static int access_memory(const struct step *step, atomic_int *p, int value) {
    switch (step->what) {
    case LOAD: return load(p, step->order);
    case EXCHANGE: return exchange(p, value, step->order);
    case ADD: return add(p, value, step->order);
    case SUB: return sub(p, value, step->order);
    case AND: return and(p, value, step->order);
    case OR: return or(p, value, step->order);
    case XOR: return xor(p, value, step->order);
    case NAND: return nand(p, value, step->order);
    default: return compare_exchange(p, step->expected, value, step->order, step->failure);
    }
}

static void *run_thread(void *argument) {
    const int thread = (int)(ptrdiff_t)argument;
    int registers[REGISTERS] = {0};
    /* Every step is made at the same place of this file: the count keeps a step that was made apart
       from one that was left out, or re-reading would look like a waiting loop that goes round. */
    volatile int made = 0;
    for (int at = 0; at < lengths[thread]; at++) {
        const struct step *step = &steps[thread][at];
        int value = step->constant;
        switch (step->what) {
        case FENCE: fence(step->order); continue;
        case SKIP: at += step->source; continue;
        case UNLESS: at += registers[step->target] == value ? 0 : step->source; continue;
        default: break;
        }
        made = made + 1;
        if (step->source >= 0)
            value = (int)((unsigned)value + (unsigned)registers[step->source]);
        if (step->what == STORE)
            store(locations[step->location], value, step->order);
        else
            registers[step->target] = access_memory(step, locations[step->location], value);
    }
    return NULL;
}

static const char *read_number(const char *text, int *number) {
    int sign = 1, value = 0;
    for (; *text == ' '; text++)
        ;
    if (*text == '-')
        sign = -1, text++;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (*text - '0');
    *number = sign * value;
    return text;
}

static int read_program(const char *text) {
    int threads = 0;
    for (; *text != '\0' && threads < MOST_THREADS; threads++) {
        text = read_number(text, &lengths[threads]);
        for (int i = 0; i < lengths[threads] && i < MOST_STEPS; i++) {
            int fields[FIELDS];
            for (int k = 0; k < FIELDS; k++)
                text = read_number(text, &fields[k]);
            steps[threads][i] = (struct step){fields[0], fields[1], fields[2], fields[3],
                                              fields[4], fields[5], fields[6], fields[7]};
        }
    }
    return threads;
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    pthread_t threads[MOST_THREADS];
    const int count = read_program(argv[1]);
    for (int i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, run_thread, (void *)(ptrdiff_t)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
