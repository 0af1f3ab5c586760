/* SPDX-License-Identifier: MIT */
/*
 * oracle: judges one transfer, byte by byte and clause by clause.
 *
 * Why       Suites that compare errno tables pass code that repeats a block after a short
 *           count. Here every byte that arrived is compared with the byte of its place.
 * Pure      No descriptor is touched: what was seen is in `struct seen`.
 * Rules     result 0   moved = count, or the source ended there (as the hooks left it).
 *           result -1  errno was injected last, or is natural for the pair; never EINTR or
 *                      EAGAIN; `moved`, offset and positions are exact all the same.
 *           stream peer gone: moved is what the kernel took, arrived is a prefix of it.
 *           zeros      only in a hole, or where the source was cut meanwhile.
 */
#ifndef HEALD_FAULTS_ORACLE_H
#define HEALD_FAULTS_ORACLE_H

#include <heald/faults.h>

#include <stdbool.h>
#include <stddef.h>

#define SPIN_LIMIT 3
#define TAIL_LIMIT_US 150000
#define IDLE_LIMIT_US 20000       /* a shorter stall tells nothing about spinning */
#define IDLE_CPU_LIMIT_PERCENT 20 /* of the peer's stall: others compute here, too */

struct seen {
    const struct fault_case *the_case;
    const unsigned char *arrived; /* result.arrived bytes, NULL: the sink shows nothing */
    const unsigned char *own;     /* bytes of SOURCE_PROC and SOURCE_SEQ, NULL: content */
    size_t own_bytes;
    const unsigned char *copied; /* second sink of a fan-out, NULL: none */
    int64_t copied_bytes;
    int64_t final_size; /* of the source; streams: what the peer wrote */
    int64_t least_size;
    int64_t most_size;
    int64_t old_source; /* position before the call */
    int64_t stray;      /* where in front of the sink's position a byte was written; -1 */
    uint32_t script_steps; /* that the shim was given */
    int last_errno;        /* injected last and fatal, 0: none */
    bool gentle;           /* it was injected into a call that has a substitute */
    bool died;             /* SIGPIPE was delivered */
    bool retried;          /* after a final error */
    bool said_zero;        /* a call that writes took nothing */
    uint32_t left_changed; /* clauses of left.h */
    bool peer_vanished;
    bool idle; /* the peer stalled long enough to tell waiting from spinning */
};

/* Sets result->broken, ->wrong_at and ->expected. */
void oracle_judge(const struct seen *seen, struct fault_result *result);

#endif
