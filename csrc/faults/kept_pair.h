/* SPDX-License-Identifier: MIT */
/*
 * kept_pair: pipes and Unix sockets that outlive a case which left them empty.
 *
 * Why       To open a pair and to close it costs more than most transfers. A bulk run makes
 *           a hundred thousand cases a second only if it does neither.
 * Rules     Taken for one case at a time. After a case with a broken clause the pair is
 *           dropped: nobody knows what such a subject did to it. What was queued has been read
 *           to the last byte, or the next case would receive it.
 * Reading   The far end never waits, so an empty queue is told from an ended one, and one call
 *           reads all: a short count means empty.
 */
#ifndef HEALD_FAULTS_KEPT_PAIR_H
#define HEALD_FAULTS_KEPT_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kept_kind {
    KEPT_NONE,
    KEPT_PIPE, /* sinks: the far end reads */
    KEPT_UNIX,
    KEPT_COPY,
    KEPT_SOURCE_PIPE, /* sources: the far end writes, and says no end of file */
    KEPT_SOURCE_UNIX,
    KEPT_KINDS
};

/* Gives both ends; near is the subject's, non-blocking as asked. 0, or -1 with errno. */
int kept_pair_take(enum kept_kind kind, bool near_waits_never, int *near, int *far);

/* Reads all that is queued for a sink's far end, up to `room`; returns how much. */
int64_t kept_pair_read(enum kept_kind kind, unsigned char *to, size_t room);

/* Takes away what a source's near end still holds; returns how much that was. */
int64_t kept_pair_empty(enum kept_kind kind);

/* Closes both ends; the next case opens new ones. */
void kept_pair_drop(enum kept_kind kind);

#endif
