/* SPDX-License-Identifier: MIT */
/*
 * caught: what it costs to survive a parser's fault, by the harness's own code.
 *
 * Why       Bulk runs make a million calls a second only if each is as cheap as a bare one.
 * Usage     caught CALLS ; lines WAY ns_per_call, the ways interleaved
 *           bare       the function alone
 *           captured   through fault_call, no fault
 *           fault      through fault_call, reads the byte after the input each time
 */
#include "../csrc/parse/arena.h"
#include "../csrc/parse/fault.h"
#include "heald/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct heald_parser heald_parser; /* a fault's place is looked up in its library */

#define ROUNDS 9
#define FAULTS_PER 100 /* a fault costs so much more than a call */

static size_t last_byte(const unsigned char *data, size_t size, void *records,
                        size_t limit, size_t *consumed, int64_t *result) {
    (void)records;
    (void)limit;
    *consumed = size;
    *result = *(const volatile unsigned char *)(data + size - 1);
    return 1;
}

static size_t next_byte(const unsigned char *data, size_t size, void *records,
                        size_t limit, size_t *consumed, int64_t *result) {
    return last_byte(data, size + 1, records, limit, consumed, result);
}

static double cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double bare(struct parse_call *call, long calls) {
    parse_function *volatile function = call->function;
    double begin = cpu_ns();
    for (long i = 0; i < calls; i++)
        call->count =
            function(call->data, call->size, NULL, 1, &call->consumed, &call->result);
    return (cpu_ns() - begin) / (double)calls;
}

static double captured(struct parse_call *call, long calls, int must_fault) {
    double begin = cpu_ns();
    for (long i = 0; i < calls; i++) {
        struct fault fault = fault_call(call);
        const unsigned char *at = fault.address;
        if (must_fault ? at != call->data + call->size : fault.signal != 0) {
            fprintf(stderr, "signal %d at %p\n", fault.signal, (const void *)at);
            exit(1);
        }
    }
    return (cpu_ns() - begin) / (double)calls;
}

int main(int argc, char **argv) {
    long calls = argc > 1 ? atol(argv[1]) : 1000000;
    struct arena arena = {0};
    if (arena_open(&arena, 4096) != 0 || fault_open(1000) != 0)
        return 1;
    struct parse_call call = {.data = arena.room[0] + arena.room_size - 64, .size = 64};
    for (int round = 0; round < ROUNDS; round++) {
        call.function = last_byte;
        printf("bare %.2f\n", bare(&call, calls));
        printf("captured %.2f\n", captured(&call, calls, 0));
        call.function = next_byte;
        printf("fault %.2f\n", captured(&call, calls / FAULTS_PER, 1));
    }
    return 0;
}
