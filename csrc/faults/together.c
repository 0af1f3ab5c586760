/* SPDX-License-Identifier: MIT */
/* together: see together.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "together.h"

#include "descriptors.h"
#include "files.h"
#include "oracle.h"
#include "peer.h"
#include "shim.h"
#include "sink.h"
#include "source.h"
#include "streams.h"
#include "turns.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM ((size_t)1 << 20)

struct together {
    const struct subject *subject;
    struct fault_case own;
    struct ends source, sink;
    bool shares_source;
    struct peer reader, writer;
    struct shim shim;
    struct fault_result result;
    pthread_t thread;
};

static unsigned char arrived[ROOM];

/* --- the second transfer ------------------------------------------------------------------ */

/* Another part of the same bytes. */
static void choose_window(struct fault_case *own) {
    if (!source_of(own->source)->is_stream)
        own->start = own->start > 0 ? own->start / 2 : own->size / 3;
    if (own->count > 1)
        own->count -= own->count / 4;
    own->step_count = 0;
    own->sink_position = 0;
    own->flags &= ~(uint32_t)(FLAG_TOGETHER | FLAG_TAIL);
    own->flags |= FLAG_PEER;
}

static int open_file(const struct fault_case *own, int *near) {
    *near =
        own->source == SOURCE_DISK ? file_on_disk() : memfd_create("second", MFD_CLOEXEC);
    if (*near < 0 || ftruncate(*near, own->size) != 0)
        return -1;
    if (source_write(*near, own, own->hole, false) != 0)
        return -1;
    return lseek(*near, own->start, SEEK_SET) == own->start ? 0 : -1;
}

static int open_source(struct together *x, const struct fixture *first) {
    const struct source *kind = source_of(x->own.source);
    x->shares_source = (x->own.flags & FLAG_OFFSET) != 0 && !kind->is_stream;
    if (x->shares_source) {
        x->source.near = first->source.near;
        return 0;
    }
    if (!kind->is_stream)
        return open_file(&x->own, &x->source.near);
    return kind->open(kind, &x->own, &x->source);
}

static int open_sink(struct together *x) {
    const struct sink *kind = sink_of(x->own.sink);
    if (kind->is_stream || kind->shows_nothing)
        return kind->open(&x->own, &x->sink);
    x->sink.near =
        x->own.sink == SINK_DISK ? file_on_disk() : memfd_create("second", MFD_CLOEXEC);
    return x->sink.near < 0 ? -1 : 0;
}

/* Out of the way of those that are counted as left open. */
static void keep(int *descriptor) {
    if (*descriptor >= 0)
        *descriptor = descriptor_keep(*descriptor);
}

static void keep_own(struct together *x) {
    if (!x->shares_source)
        keep(&x->source.near);
    keep(&x->source.far);
    if (!sink_of(x->own.sink)->shows_nothing)
        keep(&x->sink.near);
    keep(&x->sink.far);
    if (x->own.flags & FLAG_NONBLOCK_IN && !x->shares_source)
        descriptor_set_waits_never(x->source.near, true);
    if (x->own.flags & FLAG_NONBLOCK_OUT)
        descriptor_set_waits_never(x->sink.near, true);
}

static int start_peers(struct together *x) {
    x->writer = (struct peer){.the_case = &x->own, .descriptor = &x->source.far};
    x->reader = (struct peer){
        .the_case = &x->own, .descriptor = &x->sink.far, .bytes = arrived, .room = ROOM};
    if (source_of(x->own.source)->is_stream && peer_start(&x->writer, peer_write) != 0)
        return -1;
    return sink_of(x->own.sink)->is_stream ? peer_start(&x->reader, peer_read) : 0;
}

static void *transfer(void *argument) {
    struct together *x = argument;
    const struct fault_case *c = &x->own;
    off_t offset = c->start;
    size_t moved = 0;
    shim_take_for_thread(&x->shim);
    turns_second();
    errno = 0;
    x->result.result = x->subject->transfer(x->sink.near, x->source.near,
                                            c->flags & FLAG_OFFSET ? &offset : NULL,
                                            (size_t)c->count, &moved);
    x->result.error = x->result.result == 0 ? 0 : errno;
    x->result.moved = moved > INT64_MAX ? INT64_MAX : (int64_t)moved;
    x->result.offset = offset;
    turns_returned();
    return NULL;
}

struct together *together_start(const struct subject *subject,
                                const struct fixture *first,
                                const struct fault_case *the_case, int *failed) {
    static struct together second;
    *failed = 0;
    if (!(the_case->flags & FLAG_TOGETHER))
        return NULL;
    second = (struct together){.subject = subject,
                               .own = *the_case,
                               .source = {-1, -1, KEPT_NONE},
                               .sink = {-1, -1, KEPT_NONE}};
    choose_window(&second.own);
    second.shim.source = -1;
    second.shim.recovered = second.own.recovered;
    *failed = -1;
    if (open_source(&second, first) != 0 || open_sink(&second) != 0)
        return NULL;
    keep_own(&second);
    if (start_peers(&second) != 0)
        return NULL;
    turns_begin();
    if (pthread_create(&second.thread, NULL, transfer, &second) != 0) {
        turns_end();
        return NULL;
    }
    *failed = 0;
    return &second;
}

void together_wait(struct together *other) {
    if (other == NULL)
        return;
    turns_returned();
    pthread_join(other->thread, NULL);
    turns_end();
}

/* --- afterwards --------------------------------------------------------------------------- */

static void collect(struct together *x, struct seen *seen) {
    const struct sink *kind = sink_of(x->own.sink);
    seen->arrived = kind->shows_nothing ? NULL : arrived;
    if (kind->is_stream) {
        kind->end(&x->sink);
        peer_join(&x->reader);
        x->result.arrived = atomic_load(&x->reader.moved);
    } else if (!kind->shows_nothing) {
        ssize_t n = pread(x->sink.near, arrived, ROOM, 0);
        x->result.arrived = n < 0 ? 0 : n;
        x->result.sink_after = lseek(x->sink.near, 0, SEEK_CUR);
    }
}

static void close_all(struct together *x) {
    if (!x->shares_source && x->source.near >= 0)
        close(x->source.near);
    peer_join(&x->writer); /* whom nobody reads any more */
    if (x->source.far >= 0)
        close(x->source.far);
    if (x->sink.near >= 0 && !sink_of(x->own.sink)->shows_nothing)
        close(x->sink.near);
    if (x->sink.far >= 0)
        close(x->sink.far);
}

uint32_t together_end(struct together *other) {
    if (other == NULL)
        return 0;
    struct together *x = other;
    struct seen seen = {.the_case = &x->own, .stray = -1};
    collect(x, &seen);
    seen.final_size = seen.least_size = seen.most_size = x->own.size;
    /* The shared position is looked at for the first; what a stream lost shows in the bytes. */
    x->result.source_after = x->result.moved;
    if (!source_of(x->own.source)->is_stream)
        x->result.source_after =
            x->own.flags & FLAG_OFFSET ? 0 : x->own.start + x->result.moved;
    seen.old_source = x->own.flags & FLAG_OFFSET ? 0 : x->own.start;
    oracle_judge(&seen, &x->result);
    close_all(x);
    return x->result.broken;
}
