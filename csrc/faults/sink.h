/* SPDX-License-Identifier: MIT */
/*
 * sink: where a case writes to: how each kind is opened, and how what arrived is seen.
 *
 * Why       One row a kind, so that a new one is a row and not a case in every file.
 * Cost      Memory files and /dev/null are kept from case to case: opening is most of a case's cost.
 *           memfd to memfd some 3 us a case.
 */
#ifndef HEALD_FAULTS_SINK_H
#define HEALD_FAULTS_SINK_H

#include "ends.h"
#include "peer.h"
#include <heald/faults.h>

#include <stdbool.h>
#include <stddef.h>

/* What a sink shows after a case. The first three are given. */
struct shown {
    unsigned char *room;
    size_t room_bytes;
    struct peer *reader;
    const unsigned char *bytes; /* what arrived; NULL: it shows nothing */
    int64_t count;              /* of them */
    int64_t position;           /* of a file */
    int64_t stray;              /* where in front of it a byte was written; -1: nowhere */
    bool vanished;              /* the peer went away */
};

struct sink {
    bool is_stream;      /* no position; a peer reads it */
    bool shows_nothing;  /* takes anything */
    bool ends_itself;    /* full at a size of its own: the case's limit is not set */
    enum kept_kind kept; /* the pair that may stand for it */
    int (*open)(const struct fault_case *the_case, struct ends *ends);
    void (*end)(struct ends *ends); /* streams: says end of file */
    void (*collect)(const struct sink *sink, const struct fault_case *the_case,
                    struct ends *ends, struct shown *shown);
};

const struct sink *sink_of(uint8_t kind);

/* After a broken case nobody knows what is in the kept files, or whether they are open at all. */
void sink_reset(void);

#endif
