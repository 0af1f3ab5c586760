/* SPDX-License-Identifier: MIT */
/*
 * failure: the ways in which a program can fail, with the words that users read.
 *
 * Why       The runtime sees some (a signal, an assertion), the search the others (a race, a
 *           deadlock); reports, capsules and tests need one list.
 */
#ifndef EXPLORE_FAILURE_H
#define EXPLORE_FAILURE_H

/* name, the word in JSON */
#define FAILURE_KINDS(X)                                                                          \
    X(NONE, "none")                                                                               \
    /* found by the search */                                                                     \
    X(DATA_RACE, "data race")                                                                     \
    X(USE_AFTER_FREE, "use after free")                                                           \
    X(DOUBLE_FREE, "double free")                                                                 \
    X(INVALID_FREE, "invalid free")                                                               \
    X(OUT_OF_BOUNDS, "out of bounds")                                                             \
    X(UNINITIALISED, "uninitialised read")                                                        \
    X(LEAK, "leak")                                                                               \
    X(DEADLOCK, "deadlock")                                                                       \
    X(LIVELOCK, "livelock")                                                                       \
    X(MIXED_SIZE, "mixed-size access") /* cannot be modelled */                                   \
    X(LINEARIZABILITY, "not linearizable")                                                        \
    X(OUTCOME, "wrong outcome")                                                                   \
    X(INVARIANT, "broken invariant")                                                              \
    /* found by the runtime */                                                                    \
    X(ASSERTION, "assertion")                                                                     \
    X(ABORT, "abort")                                                                             \
    X(BAD_ACCESS, "bad access")                                                                   \
    X(ARITHMETIC, "arithmetic fault")                                                             \
    X(ILLEGAL, "illegal instruction")                                                             \
    X(STACK_OVERFLOW, "stack overflow")                                                           \
    X(ENDLESS_LOOP, "endless loop")                                                               \
    X(MISUSE, "misuse") /* of a lock, a thread, a key */                                          \
    X(UNSUPPORTED, "unsupported") /* the explorer cannot model it: a usage error */

enum failure_kind {
#define FAILURE_NAME(name, word) FAILURE_##name,
    FAILURE_KINDS(FAILURE_NAME)
#undef FAILURE_NAME
};

/* The word in JSON; NULL for a number that is no kind. */
static inline const char *failure_word(unsigned kind) {
    static const char *const words[] = {
#define FAILURE_WORD(name, word) word,
        FAILURE_KINDS(FAILURE_WORD)
#undef FAILURE_WORD
    };
    return kind < sizeof words / sizeof *words ? words[kind] : (const char *)0;
}

#endif
