/* SPDX-License-Identifier: MIT */
/*
 * run: a whole run in this process, so that sanitizers see every thread of the engine.
 *
 * The subject is free of races; what a sanitizer reports is the engine's own.
 */
#include <heald/stress.h>

#include "check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BYTES ((size_t)1 << 20)

struct counter {
    _Atomic int64_t value;
    int64_t *box;
};

struct local {
    int64_t calls;
};

static void counter_init(void *state) {
    struct counter *counter = state;
    counter->box = calloc(1, sizeof *counter->box);
    CHECK(counter->box != NULL);
}

static void counter_fini(void *state) { free(((struct counter *)state)->box); }

static int counter_is_valid(void *state) {
    struct counter *counter = state;
    return *counter->box == 0 && atomic_load(&counter->value) < 1000;
}

static void local_init(void *state, void *local, uint32_t thread) {
    CHECK(((struct counter *)state)->box != NULL);
    CHECK(((struct local *)local)->calls == 0);
    ((struct local *)local)->calls = thread;
}

static void add(void *state, void *local, const int64_t *arguments, int64_t *results) {
    ((struct local *)local)->calls++;
    results[0] = atomic_fetch_add(&((struct counter *)state)->value, arguments[0]);
    results[1] = ((struct local *)local)->calls;
}

static const struct heald_operation operations[] = {{"add", 1, 2, add}};

static const struct heald_subject subject = {
    .abi = HEALD_SUBJECT_ABI,
    .operation_count = 1,
    .operations = operations,
    .state_size = sizeof(struct counter),
    .state_alignment = _Alignof(struct counter),
    .init = counter_init,
    .fini = counter_fini,
    .local_size = sizeof(struct local),
    .local_init = local_init,
    .is_valid = counter_is_valid,
};

/* before add(100); each thread add(1), add(1); after add(0). */
static void write_request(unsigned char *memory, struct stress_request request) {
    uint32_t length[STRESS_THREADS + 2] = {0};
    struct heald_call calls[2 * STRESS_THREADS + 2];
    int64_t arguments[2 * STRESS_THREADS + 2];
    uint32_t count = 0;
    for (uint32_t s = 0; s < request.threads + 2; s++) {
        bool middle = s >= 1 && s <= request.threads;
        length[s] = middle ? 2 : 1;
        for (uint32_t c = 0; c < length[s]; c++, count++) {
            calls[count] = (struct heald_call){0, count, 2 * count};
            arguments[count] = middle ? 1 : s == 0 ? 100 : 0;
        }
    }
    request.call_count = request.argument_count = count;
    request.result_count = 2 * count;
    unsigned char *at = memory + STRESS_REQUEST_OFFSET;
    memcpy(at, &request, sizeof request);
    at += (sizeof request + 7) & ~(size_t)7;
    memcpy(at, length, (request.threads + 2) * 4);
    at += ((request.threads + 2) * 4 + 7) & ~(size_t)7;
    memcpy(at, calls, count * sizeof *calls);
    at += (count * sizeof *calls + 7) & ~(size_t)7;
    memcpy(at, arguments, count * sizeof *arguments);
}

static uint64_t check_entries(const struct stress_recorder *recorder, uint32_t threads) {
    const unsigned char *at = (const unsigned char *)recorder + STRESS_OUTCOMES_OFFSET;
    uint64_t total = 0;
    for (uint32_t i = 0; i < recorder->entry_count; i++) {
        int64_t slots[128];
        uint64_t count;
        memcpy(&count, at + 8, sizeof count);
        memcpy(slots, at + 16, recorder->slot_count * sizeof *slots);
        CHECK(slots[0] == 1);
        CHECK(slots[1] == 0 && slots[2] == 1); /* local 0, first call */
        CHECK(slots[4] == 2 && slots[6] == 3); /* local 1, two calls */
        int64_t last = slots[1 + 2 * (1 + 2 * threads)];
        CHECK(last == 100 + 2 * (int64_t)threads);
        total += count;
        at += 16 + recorder->slot_count * sizeof *slots;
    }
    return total;
}

static void run_once(uint32_t threads, uint32_t flags, struct stress_settings settings) {
    unsigned char *memory = aligned_alloc(4096, BYTES);
    CHECK(memory != NULL);
    memset(memory, 0, BYTES);
    struct stress_recorder *recorder = (void *)memory;
    write_request(memory, (struct stress_request){.flags = flags,
                                                  .threads = threads,
                                                  .seed = 42,
                                                  .budget_ns = 60000000,
                                                  .power_ns = 20000000,
                                                  .settings = settings});
    CHECK(stress_run(&subject, recorder, BYTES) == 0);
    CHECK(recorder->state == STRESS_DONE && recorder->error[0] == '\0');
    CHECK(recorder->samples > 0 && recorder->probes > 0);
    CHECK(check_entries(recorder, threads) + recorder->uncounted == recorder->samples);
    CHECK((flags & STRESS_HISTORY) == 0 ||
          recorder->slot_count == 1 + 2 * (2 + 2 * threads) + 4 * threads);
    free(memory);
}

static void refuses_more_threads_than_there_may_be(void) {
    unsigned char *memory = aligned_alloc(4096, BYTES);
    CHECK(memory != NULL);
    memset(memory, 0, BYTES);
    struct stress_recorder *recorder = (void *)memory;
    const struct stress_request request = {.threads = STRESS_THREADS + 1};
    memcpy(memory + STRESS_REQUEST_OFFSET, &request, sizeof request);
    CHECK(stress_run(&subject, recorder, BYTES) == -1);
    CHECK(recorder->state == STRESS_REFUSED && recorder->error[0] != '\0');
    free(memory);
}

int main(void) {
    const struct stress_settings plain = {.stride = 64};
    const struct stress_settings all = {.stride = 100,
                                        .layout = STRESS_LINE,
                                        .shuffled = 1,
                                        .skew = 100,
                                        .jitter = 5,
                                        .load = 1,
                                        .blocks = 1};
    const struct stress_settings serial = {.stride = 10, .placement = STRESS_SERIAL};
    run_once(2, STRESS_TUNE | STRESS_CHECK_POWER, plain);
    run_once(2, STRESS_HISTORY, all);
    run_once(3, 0, all);
    run_once(2, 0, serial);
    run_once(4, STRESS_TUNE | STRESS_HISTORY, plain);
    run_once(1, 0, plain);
    refuses_more_threads_than_there_may_be();
    return 0;
}
