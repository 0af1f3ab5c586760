/* SPDX-License-Identifier: MIT */
/* oracle: see oracle.h. One function a clause; each returns the bits that are broken. */
#include "oracle.h"

#include "content.h"
#include "sink.h"
#include "source.h"

#include <errno.h>
#include <string.h>

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static bool in_set(const uint64_t set[2], int error) {
    return error >= 0 && error < 128 && (set[error / 64] >> (error % 64) & 1) != 0;
}

static bool cut_meanwhile(const struct seen *seen) {
    if (seen->own != NULL || source_of(seen->the_case->source)->is_stream)
        return false;
    return seen->least_size < seen->most_size;
}

/* The byte that belongs at `position`. */
static unsigned char old_byte(const struct seen *seen, int64_t position) {
    if (seen->own != NULL)
        return position < (int64_t)seen->own_bytes ? seen->own[position] : 0;
    if (position < seen->the_case->hole || source_in_gap(seen->the_case, position))
        return 0;
    return content_at(seen->the_case->content, position);
}

/* The clause that a wrong byte breaks, 0 if the contract allows this byte here. */
static uint32_t judge_byte(const struct seen *seen, int64_t position,
                           unsigned char byte) {
    const struct fault_case *c = seen->the_case;
    unsigned char old = old_byte(seen, position);
    bool shares = (c->flags & FLAG_SHARES) != 0;
    if (byte == old)
        return 0;
    if (byte == 0 && cut_meanwhile(seen))
        return c->flags & FLAG_ZEROS ? 0 : BROKEN_BYTES;
    if (byte == 0 && c->flags & FLAG_CUT)
        return shares ? 0 : BROKEN_ALIAS;
    if (c->flags & FLAG_OVERWRITE && byte == (old | CONTENT_NEW))
        return shares ? 0 : BROKEN_ALIAS;
    return BROKEN_BYTES;
}

/* The first index that is not the expected byte, or `bytes`; fast where nothing is special. */
static int64_t next_difference(const struct seen *seen, const unsigned char *bytes,
                               int64_t from, int64_t count) {
    const struct fault_case *c = seen->the_case;
    if (seen->own == NULL && c->start + from >= c->hole && c->gap_bytes == 0)
        return from + (int64_t)content_mismatch(bytes + from, c->content, c->start + from,
                                                (size_t)(count - from));
    while (from < count && bytes[from] == old_byte(seen, c->start + from))
        from++;
    return from;
}

static uint32_t judge_bytes(const struct seen *seen, const unsigned char *bytes,
                            int64_t count, int64_t *wrong_at) {
    uint32_t broken = 0;
    int64_t at = 0;
    while ((at = next_difference(seen, bytes, at, count)) < count) {
        uint32_t why = judge_byte(seen, seen->the_case->start + at, bytes[at]);
        if (why != 0 && broken == 0)
            *wrong_at = at;
        broken |= why;
        if (broken & BROKEN_BYTES)
            break;
        at++;
    }
    return broken;
}

/* Most bytes that could be moved while the source had this size. */
static int64_t available(const struct seen *seen, int64_t size) {
    int64_t left = size - seen->the_case->start, count = seen->the_case->count;
    return smaller(left < 0 ? 0 : left, count < 0 ? INT64_MAX : count);
}

static uint32_t judge_amount(const struct seen *seen, const struct fault_result *r) {
    uint32_t broken = 0;
    bool stream_sink = sink_of(seen->the_case->sink)->is_stream;
    if (r->moved < 0 || r->moved > available(seen, seen->most_size))
        broken |= BROKEN_MOVED;
    if (seen->arrived != NULL && r->arrived != r->moved)
        /* A peer that goes away may leave behind what was queued for it. */
        if (!(stream_sink && seen->peer_vanished && r->arrived <= r->moved))
            broken |= BROKEN_MOVED;
    if (r->result == 0 && r->moved < available(seen, seen->final_size))
        broken |= BROKEN_SHORT;
    return broken;
}

static uint32_t judge_error(const struct seen *seen, const struct fault_result *r) {
    if (r->result == 0)
        return 0;
    if (r->result != -1)
        return BROKEN_ERRNO;
    if (seen->gentle && in_set(seen->the_case->recovered, seen->last_errno) &&
        r->error == seen->last_errno)
        return BROKEN_ERRNO;
    if (seen->said_zero)
        return 0; /* to take nothing is no error that has a number */
    bool given = (seen->last_errno != 0 && r->error == seen->last_errno) ||
                 in_set(seen->the_case->natural, r->error);
    return given ? 0 : BROKEN_ERRNO;
}

static uint32_t judge_stream_source(const struct seen *seen,
                                    const struct fault_result *r) {
    /* On an error of the sink, what was taken and not delivered is lost: contracts say so. */
    int64_t taken = r->source_after;
    if (seen->the_case->vanish_after >= 0)
        return 0;
    if (r->result == 0 ? taken != r->moved : taken < r->moved)
        return BROKEN_SOURCE;
    return 0;
}

static uint32_t judge_positions(const struct seen *seen, const struct fault_result *r) {
    const struct fault_case *c = seen->the_case;
    uint32_t broken = 0;
    if (source_of(c->source)->is_stream)
        return judge_stream_source(seen, r);
    bool variable = (c->flags & FLAG_OFFSET) != 0;
    if (variable && r->offset != c->start + r->moved)
        broken |= BROKEN_OFFSET;
    if (r->source_after != seen->old_source + (variable ? 0 : r->moved))
        broken |= BROKEN_SOURCE;
    return broken;
}

static uint32_t judge_sink(const struct seen *seen, const struct fault_result *r) {
    const struct fault_case *c = seen->the_case;
    if (sink_of(c->sink)->is_stream || sink_of(c->sink)->shows_nothing)
        return 0;
    /* With O_APPEND the position follows the end of the file once something was written. */
    return r->sink_after == c->sink_position + r->moved ? 0 : BROKEN_SINK;
}

static uint32_t judge_conduct(const struct seen *seen, const struct fault_result *r) {
    uint32_t broken = 0;
    int64_t stall_us = (int64_t)seen->the_case->stall_ms * 1000;
    bool busy = r->cpu_us * 100 > stall_us * IDLE_CPU_LIMIT_PERCENT;
    if (r->leaked > 0)
        broken |= BROKEN_LEAK;
    broken |= seen->left_changed;
    if (seen->retried && r->result == 0)
        broken |= BROKEN_AGAIN;
    if (r->spins >= SPIN_LIMIT || (seen->idle && busy))
        broken |= BROKEN_SPIN;
    if (seen->died)
        broken |= BROKEN_SIGPIPE;
    if (r->tail_us > TAIL_LIMIT_US)
        broken |= BROKEN_TAIL;
    bool shim = !(seen->the_case->flags & FLAG_NOTIFY); /* which sees all that it must */
    if (shim && seen->script_steps > 0 && r->calls == 0 && r->expected > 0)
        broken |= BROKEN_UNSEEN;
    return broken;
}

static uint32_t judge_copy(const struct seen *seen, const struct fault_result *r) {
    int64_t ignored = -1;
    if (seen->copied == NULL)
        return 0;
    /* After an error the copy may be ahead: it was duplicated before the sink refused. */
    bool amount =
        r->result == 0 ? seen->copied_bytes == r->moved : seen->copied_bytes >= r->moved;
    bool bytes = judge_bytes(seen, seen->copied, seen->copied_bytes, &ignored) == 0;
    return amount && bytes ? 0 : BROKEN_COPY;
}

/* Keeps the bytes from the first wrong or missing one on, beside those that had to come. */
static void show_bytes(const struct seen *seen, struct fault_result *r) {
    bool is_short = r->arrived < r->expected && r->broken & (BROKEN_SHORT | BROKEN_MOVED);
    r->shown_at = r->wrong_at >= 0 ? r->wrong_at : is_short ? r->arrived : -1;
    r->got_count = r->meant_count = 0;
    if (r->shown_at < 0 || seen->arrived == NULL)
        return;
    for (int64_t at = r->shown_at; at < r->shown_at + FAULT_SHOWN; at++) {
        if (at < r->arrived)
            r->got[r->got_count++] = seen->arrived[at];
        if (at < r->expected)
            r->meant[r->meant_count++] = old_byte(seen, seen->the_case->start + at);
    }
}

void oracle_judge(const struct seen *seen, struct fault_result *r) {
    r->wrong_at = -1;
    r->expected = available(seen, seen->most_size);
    r->broken |= judge_amount(seen, r) | judge_error(seen, r) | judge_positions(seen, r) |
                 judge_sink(seen, r) | judge_conduct(seen, r) | judge_copy(seen, r);
    if (seen->arrived != NULL)
        r->broken |= judge_bytes(seen, seen->arrived, r->arrived, &r->wrong_at);
    if (seen->stray >= 0) {
        r->broken |= BROKEN_BYTES;
        r->wrong_at = seen->stray - seen->the_case->sink_position;
    }
    show_bytes(seen, r);
}
