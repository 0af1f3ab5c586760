/* SPDX-License-Identifier: MIT */
/* sink: see sink.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sink.h"

#include "descriptors.h"
#include "files.h"
#include "fuse.h"
#include "memory_sink.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK 4096 /* a read of a file that ends inside a block was its last */

static int kept_sink = -1; /* a memory file that is cut for each case */
static bool sink_appends;  /* whether kept_sink has O_APPEND now */
static int null_sink = -1;

/* --- opening ------------------------------------------------------------------------------ */

/* Bytes in front of `size` may be those of an earlier case: nothing is said of them. */
static int cut_kept_sink(int64_t size) {
    if (kept_sink < 0)
        kept_sink = descriptor_keep(memfd_create("sink", MFD_CLOEXEC));
    if (kept_sink < 0 || ftruncate(kept_sink, size) != 0)
        return -1;
    return kept_sink;
}

static int stand_at(const struct ends *ends, int64_t position) {
    return ends->near < 0 || lseek(ends->near, position, SEEK_SET) < 0 ? -1 : 0;
}

/* The file that is kept, with O_APPEND or without. */
static int open_kept(const struct fault_case *the_case, struct ends *ends, bool append) {
    ends->near = cut_kept_sink(append ? the_case->sink_position : 0);
    if (ends->near >= 0 && append != sink_appends) {
        if (fcntl(ends->near, F_SETFL, append ? O_APPEND : 0) != 0)
            return -1;
        sink_appends = append;
    }
    return stand_at(ends, the_case->sink_position);
}

static int open_memory(const struct fault_case *the_case, struct ends *ends) {
    if (!memory_sink_fits(the_case))
        return open_kept(the_case, ends, false);
    ends->near = memory_sink_take();
    return stand_at(ends, the_case->sink_position);
}

static int open_append(const struct fault_case *the_case, struct ends *ends) {
    return open_kept(the_case, ends, true);
}

static int open_disk(const struct fault_case *the_case, struct ends *ends) {
    ends->near = file_on_disk();
    return stand_at(ends, the_case->sink_position);
}

static int open_full(const struct fault_case *the_case, struct ends *ends) {
    ends->near = file_in_small_folder();
    return stand_at(ends, the_case->sink_position);
}

static int open_served(const struct fault_case *the_case, struct ends *ends) {
    ends->near = fuse_open_sink(the_case);
    return stand_at(ends, the_case->sink_position);
}

static int open_null(const struct fault_case *the_case, struct ends *ends) {
    (void)the_case;
    if (null_sink < 0)
        null_sink = descriptor_keep(open("/dev/null", O_WRONLY | O_CLOEXEC));
    ends->near = null_sink;
    return ends->near < 0 ? -1 : 0;
}

static int open_pipe(const struct fault_case *the_case, struct ends *ends) {
    return stream_pipe(the_case, &ends->far, &ends->near);
}

static int open_unix(const struct fault_case *the_case, struct ends *ends) {
    return stream_unix(the_case, &ends->near, &ends->far);
}

static int open_tcp(const struct fault_case *the_case, struct ends *ends) {
    return stream_tcp(the_case, &ends->near, &ends->far);
}

static int open_unknown(const struct fault_case *the_case, struct ends *ends) {
    (void)the_case;
    (void)ends;
    errno = EINVAL;
    return -1;
}

/* --- afterwards --------------------------------------------------------------------------- */

static void end_pipe(struct ends *ends) {
    close(ends->near);
    ends->near = -1;
}

static void end_socket(struct ends *ends) { shutdown(ends->near, SHUT_WR); }

static void collect_nothing(const struct sink *sink, const struct fault_case *the_case,
                            struct ends *ends, struct shown *shown) {
    (void)sink;
    (void)the_case;
    (void)ends;
    shown->bytes = NULL;
}

/* To the end of the file, wherever it is: a sink that got too much shows it here. */
static void read_file(const struct fault_case *c, int sink, struct shown *shown) {
    ssize_t n;
    do {
        n = pread(sink, shown->room + shown->count,
                  shown->room_bytes - (size_t)shown->count,
                  c->sink_position + shown->count);
        shown->count += n > 0 ? n : 0;
    } while (n > 0 && shown->count % BLOCK == 0);
}

static void collect_file(const struct sink *sink, const struct fault_case *the_case,
                         struct ends *ends, struct shown *shown) {
    (void)sink;
    shown->bytes = shown->room;
    shown->position = lseek(ends->near, 0, SEEK_CUR);
    read_file(the_case, ends->near, shown);
}

/* The mapped file shows without a call what was written; only what lies behind it is read. */
static void collect_memory(const struct sink *sink, const struct fault_case *the_case,
                           struct ends *ends, struct shown *shown) {
    if (!memory_sink_fits(the_case)) {
        collect_file(sink, the_case, ends, shown);
        return;
    }
    shown->position = lseek(ends->near, 0, SEEK_CUR);
    shown->count = memory_sink_seen(the_case->sink_position, &shown->bytes);
    shown->stray = memory_sink_stray(the_case->sink_position);
    if (the_case->sink_position + shown->count < MEMORY_SINK_BYTES)
        return;
    memcpy(shown->room, shown->bytes, (size_t)shown->count);
    shown->bytes = shown->room;
    read_file(the_case, ends->near, shown);
}

static void collect_stream(const struct sink *sink, const struct fault_case *the_case,
                           struct ends *ends, struct shown *shown) {
    shown->bytes = shown->room;
    if (ends->kept != KEPT_NONE) {
        shown->count = kept_pair_read(ends->kept, shown->room, shown->room_bytes);
        return;
    }
    sink->end(ends);
    if (the_case->flags & FLAG_PEER)
        peer_join(shown->reader);
    else
        peer_read(shown->reader);
    shown->vanished = the_case->vanish_after >= 0 && ends->far < 0;
    shown->count = atomic_load(&shown->reader->moved);
}

void sink_reset(void) {
    descriptor_close_kept(&kept_sink);
    descriptor_close_kept(&null_sink);
    sink_appends = false;
}

/* --- the kinds ---------------------------------------------------------------------------- */

const struct sink *sink_of(uint8_t kind) {
    static const struct sink kinds[] = {
        [SINK_FILE] = {.open = open_memory, .collect = collect_memory},
        [SINK_DISK] = {.open = open_disk, .collect = collect_file},
        [SINK_APPEND] = {.open = open_append, .collect = collect_file},
        [SINK_PIPE] = {.is_stream = true,
                       .kept = KEPT_PIPE,
                       .open = open_pipe,
                       .end = end_pipe,
                       .collect = collect_stream},
        [SINK_UNIX] = {.is_stream = true,
                       .kept = KEPT_UNIX,
                       .open = open_unix,
                       .end = end_socket,
                       .collect = collect_stream},
        [SINK_TCP] = {.is_stream = true,
                      .open = open_tcp,
                      .end = end_socket,
                      .collect = collect_stream},
        [SINK_NULL] = {.shows_nothing = true,
                       .open = open_null,
                       .collect = collect_nothing},
        [SINK_FULL] = {.ends_itself = true, .open = open_full, .collect = collect_file},
        [SINK_FUSE] = {.open = open_served, .collect = collect_file},
    };
    static const struct sink unknown = {.open = open_unknown, .collect = collect_nothing};
    return kind < sizeof kinds / sizeof *kinds ? &kinds[kind] : &unknown;
}
