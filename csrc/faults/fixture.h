/* SPDX-License-Identifier: MIT */
/*
 * fixture: the descriptors of one case, and everything about them that is undone afterwards.
 *
 * Why       Opening is most of a case's cost. So the memory files, /dev/null and the pipes and
 *           Unix sockets that a case leaves empty are kept for the next one (kept_pair.h,
 *           memory_sink.h); a stream source has to end, so it is opened anew.
 * Cost      memfd to memfd some 3 us a case; a new socket pair 10; TCP 31 (one shared
 *           listener, and SO_LINGER 0 so that no TIME_WAIT is left behind).
 */
#ifndef HEALD_FAULTS_FIXTURE_H
#define HEALD_FAULTS_FIXTURE_H

#include "case.h"
#include "kept_pair.h"

#include <stdbool.h>
#include <stddef.h>

struct fixture {
    int source;
    int source_peer; /* the far end of a stream source, -1 otherwise */
    int sink;
    int sink_peer; /* the far end of a stream sink, -1 otherwise */
    int copy;      /* fan-out: the write end of a second pipe, -1 otherwise */
    int copy_peer;
    enum kept_kind kept_sink; /* what sink and sink_peer are, if they outlive the case */
    enum kept_kind kept_copy;
    enum kept_kind kept_source;
    bool in_memory;     /* the sink is that of memory_sink.h */
    const char *failed; /* what could not be made; NULL: all well */
};

/* Opens what the case asks for. On failure `failed` names the step and errno says why. */
struct fixture fixture_open(const struct fault_case *the_case);

/* Closes everything that was opened for this case only and, unless the case was clean, what
 * would be kept. */
void fixture_close(struct fixture *fixture, bool clean);

/* Moves a descriptor out of the range that is searched for leaks; -1 stays -1. */
int keep_descriptor(int descriptor);

bool source_is_stream(uint8_t source);
bool sink_is_stream(uint8_t sink);

/* Bytes of SOURCE_PROC and SOURCE_SEQ, read once; NULL for other sources. */
const unsigned char *source_own_bytes(uint8_t source, size_t *bytes);

/* Writes the old content, or the new one, over a file source, from byte `from` on. */
int source_write(int file, const struct fault_case *the_case, int64_t from,
                 bool new_bytes);

/* Says what the kept memory file holds after a case and where it stands, so that the next may
 * use it again. */
void source_now_holds(const struct fault_case *the_case, int64_t size, int64_t position);

#endif
