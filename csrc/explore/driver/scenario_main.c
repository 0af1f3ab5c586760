/* SPDX-License-Identifier: MIT */
/*
 * scenario_main: a scenario as a whole program, so that the explorer needs to know only programs.
 *
 * Why       It is compiled once with a subject; the scenario comes as the program's argument, so
 *           thousands of scenarios need no compiler.
 * Form      The table of subject.h as numbers in text: threads; how many calls each sequence has
 *           (before, each thread, after); the calls; how many arguments, and these. Then how many
 *           pairs of calls are ordered in time, and these: the second begins after the first returned.
 * Time      As the native runner's stamps have it (csrc/stress/stamp.h): a full fence before each call
 *           and after it, so what a call wrote is seen by every call that begins when it is over.
 * Unseen    Compiled without instrumentation: what it reads is the same in every execution. Memory
 *           that subjects share is touched by the subject's own functions only.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "heald/subject.h"

enum { MAX_THREADS = 16, MAX_CALLS = 256, MAX_SLOTS = 16, MAX_PAIRS = 1024 };
enum { MAX_ARGUMENTS = 4096 };

/* Served by the explorer. Calls are numbered through all sequences. */
void heald_call(uint32_t number);
void heald_return(uint32_t number, const int64_t *results, uint32_t count);
void heald_invalid(void);
void heald_refuse(const char *why);
/* As the compiler would call them in code that is seen. */
int __tsan_atomic32_load(const volatile int *at, int order);
void __tsan_atomic32_store(volatile int *at, int value, int order);
void __tsan_atomic_thread_fence(int order);

static struct heald_call calls[MAX_CALLS];
static int64_t arguments[MAX_ARGUMENTS];
static uint32_t
    first_call[MAX_THREADS + 3]; /* of each sequence; the last one ends the table */
static uint32_t threads;
static struct {
    uint32_t first, second;
} in_time[MAX_PAIRS];
static uint32_t in_time_count;
static int has_returned[MAX_CALLS];
static void *state;

static int64_t next_number(char **text) {
    char *end;
    long long value = strtoll(*text, &end, 10);
    if (end == *text)
        heald_refuse("the scenario's text ends too early");
    *text = end;
    return value;
}

static void read_call(char **text, struct heald_call *call) {
    call->operation = (uint32_t)next_number(text);
    call->first_argument = (uint32_t)next_number(text);
    call->first_result = (uint32_t)next_number(text);
}

static bool fits(const struct heald_call *call, uint32_t argument_count) {
    if (call->operation >= heald_subject.operation_count ||
        call->first_argument > argument_count)
        return false;
    const struct heald_operation *operation = &heald_subject.operations[call->operation];
    return operation->arguments <= argument_count - call->first_argument &&
           operation->results <= MAX_SLOTS;
}

static void read_arguments(char **text, uint32_t call_count) {
    uint32_t count = (uint32_t)next_number(text);
    if (count > MAX_ARGUMENTS)
        heald_refuse("at most 4096 arguments can be explored");
    for (uint32_t i = 0; i < count; i++)
        arguments[i] = next_number(text);
    for (uint32_t i = 0; i < call_count; i++)
        if (!fits(&calls[i], count))
            heald_refuse("the scenario does not fit the subject's operations");
}

static void read_scenario(char *text) {
    uint32_t used = 0;
    threads = (uint32_t)next_number(&text);
    if (threads < 1 || threads > MAX_THREADS)
        heald_refuse("from 1 to 16 threads can be explored");
    for (uint32_t sequence = 0; sequence < threads + 2; sequence++) {
        uint32_t length = (uint32_t)next_number(&text);
        first_call[sequence] = used;
        if (length > MAX_CALLS - used)
            heald_refuse("at most 256 calls can be explored");
        used += length;
    }
    first_call[threads + 2] = used;
    for (uint32_t i = 0; i < used; i++)
        read_call(&text, &calls[i]);
    read_arguments(&text, used);
    in_time_count = (uint32_t)next_number(&text);
    if (in_time_count > MAX_PAIRS)
        heald_refuse("at most 1024 pairs of calls can be ordered in time");
    for (uint32_t i = 0; i < in_time_count; i++) {
        in_time[i].first = (uint32_t)next_number(&text);
        in_time[i].second = (uint32_t)next_number(&text);
        if (in_time[i].first >= used || in_time[i].second >= used)
            heald_refuse("an order in time names a call that there is not");
    }
}

/* Until every call has returned that had returned before this one began. */
static void wait_for_earlier(uint32_t call) {
    for (uint32_t i = 0; i < in_time_count; i++)
        if (in_time[i].second == call)
            while (!__tsan_atomic32_load(&has_returned[in_time[i].first],
                                         memory_order_relaxed))
                ;
    if (in_time_count)
        __tsan_atomic_thread_fence(memory_order_seq_cst);
}

static void tell_later(uint32_t call) {
    int is_waited_for = 0;
    if (in_time_count)
        __tsan_atomic_thread_fence(memory_order_seq_cst);
    for (uint32_t i = 0; i < in_time_count; i++)
        is_waited_for |= in_time[i].first == call;
    if (is_waited_for)
        __tsan_atomic32_store(&has_returned[call], 1, memory_order_relaxed);
}

static void check_validity(void) {
    if (heald_subject.is_valid && !heald_subject.is_valid(state))
        heald_invalid();
}

static void run_sequence(uint32_t sequence, void *local) {
    int64_t results[MAX_SLOTS];
    for (uint32_t at = first_call[sequence]; at < first_call[sequence + 1]; at++) {
        const struct heald_operation *operation =
            &heald_subject.operations[calls[at].operation];
        for (uint32_t i = 0; i < MAX_SLOTS; i++)
            results[i] = 0;
        wait_for_earlier(at);
        heald_call(at);
        operation->call(state, local, arguments + calls[at].first_argument, results);
        heald_return(at, results, operation->results);
        tell_later(at);
    }
}

static void *new_local(uint32_t thread) {
    if (heald_subject.local_size == 0)
        return NULL;
    void *local = calloc(1, heald_subject.local_size);
    if (heald_subject.local_init)
        heald_subject.local_init(state, local, thread);
    return local;
}

static void end_local(void *local, uint32_t thread) {
    if (local && heald_subject.local_fini)
        heald_subject.local_fini(state, local, thread);
    free(local);
}

static void *locals[MAX_THREADS + 1]; /* 0: of what runs before and after */

static void *run_thread(void *argument) {
    uint32_t thread = (uint32_t)(uintptr_t)argument;
    run_sequence(thread, locals[thread]);
    return NULL;
}

static void run_threads(void) {
    pthread_t handles[MAX_THREADS];
    for (uint32_t i = 0; i < threads; i++)
        if (pthread_create(&handles[i], NULL, run_thread, (void *)(uintptr_t)(i + 1)))
            heald_refuse("a thread could not be started");
    for (uint32_t i = 0; i < threads; i++)
        pthread_join(handles[i], NULL);
}

static void *state_block; /* what `state` lies in */

/* Zeroed by the allocation, not by a store: with races allowed, a store would be an access of
 * another size than the subject's own. */
static void *new_state(void) {
    size_t alignment =
        heald_subject.state_alignment < 16 ? 16 : heald_subject.state_alignment;
    size_t extra = alignment > 16 ? alignment : 0;
    state_block = calloc(1, heald_subject.state_size + extra);
    if (!state_block)
        heald_refuse("there is no memory for the state");
    return (void *)(((uintptr_t)state_block + alignment - 1) / alignment * alignment);
}

int main(int count, char **words) {
    if (count != 2 || heald_subject.abi != HEALD_SUBJECT_ABI)
        heald_refuse("the scenario driver takes one argument, the scenario");
    read_scenario(words[1]);
    state = new_state();
    if (heald_subject.init)
        heald_subject.init(state);
    for (uint32_t i = 0; i <= threads; i++)
        locals[i] = new_local(i);
    run_sequence(0, locals[0]);
    check_validity();
    run_threads();
    check_validity();
    run_sequence(threads + 1, locals[0]);
    check_validity();
    for (uint32_t i = 0; i <= threads; i++)
        end_local(locals[i], i);
    if (heald_subject.fini)
        heald_subject.fini(state);
    free(state_block);
    return 0;
}
