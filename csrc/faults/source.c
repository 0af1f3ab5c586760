/* SPDX-License-Identifier: MIT */
/* source: see source.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "source.h"

#include "content.h"
#include "descriptors.h"
#include "files.h"
#include "fuse.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory_source = -1;

/* What the kept source holds: bytes 0..held_size-1 of held_content. */
static uint64_t held_content;
static int64_t held_size;
static int64_t held_position = -1; /* -1: not known */

static void remember_memory(const struct fault_case *the_case, int64_t size,
                            int64_t position) {
    bool plain = the_case->hole == 0 && the_case->gap_bytes == 0 &&
                 !(the_case->flags & (FLAG_OVERWRITE | FLAG_CUT));
    held_content = the_case->content;
    held_size = plain ? size : 0;
    held_position = position;
}

bool source_in_gap(const struct fault_case *the_case, int64_t position) {
    return position >= the_case->gap && position - the_case->gap < the_case->gap_bytes;
}

int source_write(int file, const struct fault_case *the_case, int64_t from,
                 bool new_bytes) {
    unsigned char block[65536];
    int64_t gap_end = the_case->gap + the_case->gap_bytes;
    for (int64_t at = from; at < the_case->size;) {
        if (source_in_gap(the_case, at)) {
            at = gap_end;
            continue;
        }
        bool before = at < the_case->gap && the_case->gap_bytes > 0;
        int64_t left = (before ? the_case->gap : the_case->size) - at;
        size_t part = left < (int64_t)sizeof block ? (size_t)left : sizeof block;
        content_fill(block, the_case->content, at, part);
        for (size_t i = 0; new_bytes && i < part; i++)
            block[i] |= CONTENT_NEW;
        if (pwrite(file, block, part, at) != (ssize_t)part)
            return -1;
        at += (int64_t)part;
    }
    return 0;
}

/* Cuts or extends the kept source; only what it does not hold yet is written. */
static int prepare_kept_source(const struct fault_case *the_case) {
    bool same = held_content == the_case->content && the_case->hole == 0 &&
                the_case->gap_bytes == 0;
    if (same && held_size == the_case->size)
        return 0;
    int64_t from = same && held_size < the_case->size ? held_size : the_case->size;
    if (!same) {
        from = the_case->hole;
        if (ftruncate(memory_source, 0) != 0)
            return -1;
    }
    held_size = 0; /* until the case has ended */
    if (ftruncate(memory_source, the_case->size) != 0)
        return -1;
    return source_write(memory_source, the_case, from, false);
}

/* Reads a whole file of /proc: its size is not known before. */
static size_t read_whole(const char *path, unsigned char *to, size_t room) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t bytes = 0;
    ssize_t n = 0;
    while (file >= 0 && (n = read(file, to + bytes, room - bytes)) > 0)
        bytes += (size_t)n;
    if (file >= 0)
        close(file);
    return bytes;
}

const unsigned char *source_own_bytes(uint8_t kind, size_t *bytes) {
    static unsigned char held[2][65536];
    static size_t length[2];
    const struct source *source = source_of(kind);
    if (source->path == NULL)
        return NULL;
    int which = kind == SOURCE_SEQ;
    if (length[which] == 0)
        length[which] = read_whole(source->path, held[which], sizeof held[which]);
    *bytes = length[which];
    return held[which];
}

/* --- opening ------------------------------------------------------------------------------ */

static int stand_at_start(const struct fault_case *the_case, const struct ends *ends) {
    int64_t position = the_case->flags & FLAG_OFFSET ? 0 : the_case->start;
    bool there = ends->near == memory_source && position == held_position;
    if (ends->near == memory_source)
        held_position = -1; /* until the case has ended */
    if (there)
        return 0;
    return lseek(ends->near, position, SEEK_SET) == position ? 0 : -1;
}

#define OPENS(name)                                                                      \
    static int name(const struct source *source, const struct fault_case *the_case,      \
                    struct ends *ends)

OPENS(open_memory) {
    (void)source;
    if (memory_source < 0)
        memory_source = descriptor_keep(memfd_create("source", MFD_CLOEXEC));
    ends->near = memory_source;
    return prepare_kept_source(the_case) == 0 ? stand_at_start(the_case, ends) : -1;
}

OPENS(open_disk) {
    (void)source;
    ends->near = file_on_disk();
    if (ends->near < 0 || ftruncate(ends->near, the_case->size) != 0)
        return -1;
    if (source_write(ends->near, the_case, the_case->hole, false) != 0)
        return -1;
    return stand_at_start(the_case, ends);
}

OPENS(open_pipe) {
    (void)source;
    return stream_pipe(the_case, &ends->near, &ends->far);
}

OPENS(open_unix) {
    (void)source;
    return stream_unix(the_case, &ends->near, &ends->far);
}

OPENS(open_tcp) {
    (void)source;
    return stream_tcp(the_case, &ends->near, &ends->far);
}

OPENS(open_served) {
    (void)source;
    ends->near = fuse_open_source(the_case);
    return ends->near < 0 ? -1 : stand_at_start(the_case, ends);
}

OPENS(open_path) {
    ends->near = open(source->path, O_RDONLY | O_CLOEXEC);
    if (ends->near < 0)
        return -1;
    return lseek(ends->near, the_case->start, SEEK_SET) < 0 ? -1 : 0;
}

OPENS(open_unknown) {
    (void)source;
    (void)the_case;
    (void)ends;
    errno = EINVAL;
    return -1;
}

/* --- afterwards --------------------------------------------------------------------------- */

static int64_t position_of(const struct fault_case *the_case, struct ends *ends,
                           struct peer *writer) {
    (void)the_case;
    (void)writer;
    return lseek(ends->near, 0, SEEK_CUR);
}

/* Reads until the writer has ended, or (non-blocking) nothing is queued any more. */
static int64_t drain(int source) {
    unsigned char block[65536];
    int64_t left = 0;
    for (;;) {
        ssize_t n = read(source, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return left;
        left += n;
    }
}

static int64_t queued_in(struct ends *ends) {
    int queued = 0;
    return ioctl(ends->near, FIONREAD, &queued) == 0 ? queued : 0;
}

static int64_t queued_in_tcp(struct ends *ends) {
    if (ends->far >= 0) {
        close(ends->far);
        ends->far = -1;
    }
    descriptor_set_waits_never(ends->near, true);
    return drain(ends->near);
}

/* Draining first lets a writer that waits for room come to its end. */
static int64_t taken_from(const struct fault_case *the_case, struct ends *ends,
                          struct peer *writer, int64_t (*queued)(struct ends *)) {
    int64_t left;
    if (ends->kept != KEPT_NONE) {
        left = kept_pair_empty(ends->kept);
    } else if (the_case->flags & FLAG_PEER) {
        descriptor_set_waits_never(ends->near, false);
        left = drain(ends->near);
        peer_join(writer);
    } else {
        left = queued(ends);
    }
    return atomic_load(&writer->moved) - left;
}

static int64_t taken(const struct fault_case *the_case, struct ends *ends,
                     struct peer *writer) {
    return taken_from(the_case, ends, writer, queued_in);
}

static int64_t taken_over_tcp(const struct fault_case *the_case, struct ends *ends,
                              struct peer *writer) {
    return taken_from(the_case, ends, writer, queued_in_tcp);
}

void source_reset(void) {
    descriptor_close_kept(&memory_source);
    held_size = 0;
    held_position = -1;
}

/* --- the kinds ---------------------------------------------------------------------------- */

const struct source *source_of(uint8_t kind) {
    static const struct source kinds[] = {
        [SOURCE_FILE] = {.is_changing = true,
                         .is_at_offset = true,
                         .open = open_memory,
                         .collect = position_of,
                         .remember = remember_memory},
        [SOURCE_DISK] = {.is_changing = true,
                         .is_at_offset = true,
                         .open = open_disk,
                         .collect = position_of},
        [SOURCE_PIPE] = {.is_stream = true,
                         .kept = KEPT_SOURCE_PIPE,
                         .open = open_pipe,
                         .collect = taken},
        [SOURCE_UNIX] = {.is_stream = true,
                         .kept = KEPT_SOURCE_UNIX,
                         .open = open_unix,
                         .collect = taken},
        [SOURCE_TCP] = {.is_stream = true, .open = open_tcp, .collect = taken_over_tcp},
        [SOURCE_PROC] = {.path = "/proc/self/cmdline",
                         .open = open_path,
                         .collect = position_of},
        [SOURCE_SEQ] = {.path = "/proc/filesystems",
                        .open = open_path,
                        .collect = position_of},
        [SOURCE_FUSE] = {.is_at_offset = true,
                         .open = open_served,
                         .collect = position_of},
        [SOURCE_LIAR] = {.is_at_offset = true,
                         .open = open_served,
                         .collect = position_of},
    };
    static const struct source unknown = {.open = open_unknown, .collect = position_of};
    return kind < sizeof kinds / sizeof *kinds ? &kinds[kind] : &unknown;
}
