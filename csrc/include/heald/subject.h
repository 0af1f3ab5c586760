/* SPDX-License-Identifier: MIT */
/*
 * subject.h: a subject and a scenario as C sees them.
 *
 * Why       The native runner and the explorer both drive a subject through one table, so a
 *           scenario needs no compilation of its own and both give back the same outcomes.
 * Who       The generated glue defines `heald_subject`; runners only read it.
 * Values    Arguments and results are int64_t slots. Results of one call are its return value
 *           (none for void) followed by its out parameters, in the order of the signature.
 */
#ifndef HEALD_SUBJECT_H
#define HEALD_SUBJECT_H

#include <stddef.h>
#include <stdint.h>

#define HEALD_SUBJECT_ABI 1u

struct heald_operation {
    const char *name;
    uint32_t arguments; /* int64_t slots read */
    uint32_t results;   /* int64_t slots written */
    /* `local` is the calling thread's own state, NULL where the subject has none. */
    void (*call)(void *state, void *local, const int64_t *arguments, int64_t *results);
};

struct heald_subject {
    uint32_t abi; /* HEALD_SUBJECT_ABI */
    uint32_t operation_count;
    const struct heald_operation *operations;
    size_t state_size; /* bytes, at least 1 */
    size_t state_alignment;
    void (*init)(void *state); /* state is zeroed before; NULL: zeroes are enough */
    void (*fini)(void *state); /* may be NULL */
    size_t local_size;         /* bytes of per-thread state; 0: none */
    /* thread 0 makes the calls before and after the threads, 1 and up are the threads */
    void (*local_init)(void *state, void *local, uint32_t thread); /* may be NULL */
    void (*local_fini)(void *state, void *local, uint32_t thread); /* may be NULL */
    int (*is_valid)(
        void *state); /* invariant, asked when no call is in progress; NULL: none */
};

/* Defined by the generated glue, found with dlsym. */
extern const struct heald_subject heald_subject;

/*
 * Calls come in sequences: sequence 0 runs before the threads, 1..threads are the threads,
 * threads + 1 runs after them. `length[s]` calls of sequence s follow those of s - 1 in `calls`.
 */
struct heald_call {
    uint32_t operation;      /* index into heald_subject.operations */
    uint32_t first_argument; /* index into heald_scenario.arguments */
    uint32_t first_result;   /* index into an outcome's slots */
};

struct heald_scenario {
    uint32_t threads;       /* 1 or more */
    uint32_t result_count;  /* int64_t slots of one outcome */
    const uint32_t *length; /* threads + 2 entries */
    const struct heald_call *calls;
    const int64_t *arguments;
};

#endif
