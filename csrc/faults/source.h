/* SPDX-License-Identifier: MIT */
/*
 * source: where a case reads from: how each kind is opened, and what is seen of it afterwards.
 *
 * Why       One row a kind, so that a new one is a row and not a case in every file.
 * Kept      The memory file is kept from case to case, and what it holds is remembered: neighbours
 *           share their content, so it is rarely written anew.
 */
#ifndef HEALD_FAULTS_SOURCE_H
#define HEALD_FAULTS_SOURCE_H

#include "ends.h"
#include "peer.h"
#include <heald/faults.h>

#include <stdbool.h>
#include <stddef.h>

struct source {
    bool is_stream;    /* no position; a peer writes it */
    bool is_changing;  /* a file that steps may cut or add to */
    bool is_at_offset; /* with FLAG_OFFSET its position stays 0: else it is at `start` */
    enum kept_kind kept; /* the pair that may stand for it */
    const char *path;    /* its bytes are its own; NULL: they are the case's content */
    int (*open)(const struct source *source, const struct fault_case *the_case,
                struct ends *ends);
    /* The position after the call, or bytes that were taken; streams: all that was written
     * to them is in `writer`. */
    int64_t (*collect)(const struct fault_case *the_case, struct ends *ends,
                       struct peer *writer);
    /* Says what it holds after a case of these bytes and where it stands, so that the next may
     * use it again; NULL: it is not kept. */
    void (*remember)(const struct fault_case *the_case, int64_t size, int64_t position);
};

const struct source *source_of(uint8_t kind);

/* Bytes of a source that has its own, read once; NULL for others. */
const unsigned char *source_own_bytes(uint8_t kind, size_t *bytes);

/* Whether a place of it was never written, as it lies in the case's gap. */
bool source_in_gap(const struct fault_case *the_case, int64_t position);

/* Writes the old content, or the new one, over a file source, from byte `from` on. */
int source_write(int file, const struct fault_case *the_case, int64_t from,
                 bool new_bytes);

/* After a broken case nobody knows what is in the kept file, or whether it is open at all. */
void source_reset(void);

#endif
