/* SPDX-License-Identifier: MIT */
/* fixture: see fixture.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fixture.h"

#include "descriptors.h"
#include "sink.h"
#include "source.h"
#include "streams.h"

#define KEPT_SOURCE_BYTES 16384 /* fits into a pipe or a socket with room to spare */

/* A pair can be kept where nothing about it is special and nobody goes away. */
static bool usual(const struct fault_case *c) {
    return c->send_buffer == 0 && c->receive_buffer == 0 && c->pipe_bytes == 0 &&
           c->vanish_after < 0 && c->chunk == 0 && c->stall_ms == 0 &&
           !(c->flags & (FLAG_PEER | FLAG_TAIL));
}

/* A source that has to end cannot be kept: its writer is closed. */
static bool may_keep_source(const struct fault_case *c) {
    return usual(c) && c->flags & FLAG_STAYS && c->size <= KEPT_SOURCE_BYTES;
}

static int open_source(const struct fault_case *c, struct ends *ends) {
    const struct source *source = source_of(c->source);
    bool waits_never = (c->flags & FLAG_NONBLOCK_IN) != 0;
    ends->kept = may_keep_source(c) ? source->kept : KEPT_NONE;
    if (ends->kept != KEPT_NONE)
        return kept_pair_take(ends->kept, waits_never, &ends->near, &ends->far);
    if (source->open(source, c, ends) != 0)
        return -1;
    if (waits_never)
        descriptor_set_waits_never(ends->near, true);
    return 0;
}

static int open_sink(const struct fault_case *c, struct ends *ends) {
    const struct sink *sink = sink_of(c->sink);
    bool waits_never = (c->flags & FLAG_NONBLOCK_OUT) != 0;
    ends->kept = usual(c) ? sink->kept : KEPT_NONE;
    if (ends->kept != KEPT_NONE)
        return kept_pair_take(ends->kept, waits_never, &ends->near, &ends->far);
    if (sink->open(c, ends) != 0)
        return -1;
    if (waits_never)
        descriptor_set_waits_never(ends->near, true);
    return 0;
}

static int open_copy(const struct fault_case *c, struct ends *ends) {
    if (c->shape != SHAPE_FAN_OUT)
        return 0;
    if (c->flags & FLAG_PEER || c->pipe_bytes > 0)
        return stream_pipe(c, &ends->far, &ends->near);
    ends->kept = KEPT_COPY;
    return kept_pair_take(KEPT_COPY, false, &ends->near, &ends->far);
}

struct fixture fixture_open(const struct fault_case *the_case) {
    static const struct ends none = {-1, -1, KEPT_NONE};
    struct fixture made = {none, none, none, NULL};
    if (open_source(the_case, &made.source) != 0)
        made.failed = "source";
    else if (open_sink(the_case, &made.sink) != 0)
        made.failed = "sink";
    else if (open_copy(the_case, &made.copy) != 0)
        made.failed = "second sink";
    return made;
}

static void close_ends(const struct ends *ends, bool clean) {
    descriptor_close_own(ends->near);
    descriptor_close_own(ends->far);
    if (!clean)
        kept_pair_drop(ends->kept);
}

void fixture_close(struct fixture *fixture, bool clean) {
    close_ends(&fixture->source, clean);
    close_ends(&fixture->sink, clean);
    close_ends(&fixture->copy, clean);
    if (clean)
        return;
    source_reset();
    sink_reset();
}
