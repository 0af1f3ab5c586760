/* SPDX-License-Identifier: MIT */
/* failure: the words that users and JSON have for the kinds of failure. */
#ifndef EXPLORE_FAILURE_H
#define EXPLORE_FAILURE_H

#include <heald/explore.h>

static inline const char *failure_word(enum explore_failure_kind kind) {
    static const char *const words[FAILURE_KINDS] = {
        [FAILURE_NONE] = "none",
        [FAILURE_DATA_RACE] = "data race",
        [FAILURE_USE_AFTER_FREE] = "use after free",
        [FAILURE_DOUBLE_FREE] = "double free",
        [FAILURE_INVALID_FREE] = "invalid free",
        [FAILURE_LEAK] = "leak",
        [FAILURE_UNINITIALISED_READ] = "uninitialised read",
        [FAILURE_OUT_OF_BOUNDS] = "out of bounds",
        [FAILURE_WILD_ACCESS] = "wild access",
        [FAILURE_ARITHMETIC] = "arithmetic fault",
        [FAILURE_ILLEGAL] = "illegal instruction",
        [FAILURE_STACK_OVERFLOW] = "stack overflow",
        [FAILURE_ASSERT] = "assertion",
        [FAILURE_ABORT] = "abort",
        [FAILURE_EXCEPTION] = "uncaught exception",
        [FAILURE_PANIC] = "panic",
        [FAILURE_EXIT_STATUS] = "exit status",
        [FAILURE_SIGNAL] = "signal",
        [FAILURE_MISUSE] = "misuse",
        [FAILURE_DEADLOCK] = "deadlock",
        [FAILURE_LIVELOCK] = "livelock",
        [FAILURE_ENDLESS] = "endless loop",
        [FAILURE_NOT_LINEARIZABLE] = "non-linearizable history",
        [FAILURE_INVARIANT] = "broken invariant",
        [FAILURE_UNSUPPORTED] = "unsupported",
        [FAILURE_NONDETERMINISM] = "nondeterminism",
    };
    return kind < FAILURE_KINDS && words[kind] ? words[kind] : "unknown";
}

#endif
