/* SPDX-License-Identifier: MIT */
/* fixture: see fixture.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fixture.h"

#include "content.h"
#include "fuse.h"
#include "memory_sink.h"
#include "mounts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEPT_SOURCE_BYTES 16384 /* fits into a pipe or a socket with room to spare */
#define KEPT_FROM 200 /* the host's own descriptors live at and above this number */

static int memory_source = -1;
static int kept_sink = -1; /* a memory file that is cut for each case */
static bool sink_appends;  /* whether kept_sink has O_APPEND now */
static int null_sink = -1;
static int listener = -1;

/* What the kept source holds: bytes 0..held_size-1 of held_content. */
static uint64_t held_content;
static int64_t held_size;
static int64_t held_position = -1; /* -1: not known */
static struct sockaddr_in listening_at;

bool source_is_stream(uint8_t source) {
    return source == SOURCE_PIPE || source == SOURCE_UNIX || source == SOURCE_TCP;
}

bool sink_is_stream(uint8_t sink) {
    return sink == SINK_PIPE || sink == SINK_UNIX || sink == SINK_TCP;
}

int keep_descriptor(int descriptor) {
    if (descriptor < 0)
        return -1;
    int kept = fcntl(descriptor, F_DUPFD_CLOEXEC, KEPT_FROM);
    close(descriptor);
    return kept;
}

void source_now_holds(const struct fault_case *the_case, int64_t size, int64_t position) {
    bool plain = the_case->hole == 0 && !(the_case->flags & (FLAG_OVERWRITE | FLAG_CUT));
    held_content = the_case->content;
    held_size = plain ? size : 0;
    held_position = position;
}

/* Cuts or extends the kept source; only what it does not hold yet is written. */
static int prepare_kept_source(const struct fault_case *the_case) {
    bool same = held_content == the_case->content && the_case->hole == 0;
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

int source_write(int file, const struct fault_case *the_case, int64_t from,
                 bool new_bytes) {
    unsigned char block[65536];
    for (int64_t at = from; at < the_case->size;) {
        int64_t left = the_case->size - at;
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

static const char *path_of(uint8_t source) {
    return source == SOURCE_PROC ? "/proc/self/cmdline" : "/proc/filesystems";
}

const unsigned char *source_own_bytes(uint8_t source, size_t *bytes) {
    static unsigned char held[2][65536];
    static size_t length[2];
    if (source != SOURCE_PROC && source != SOURCE_SEQ)
        return NULL;
    int which = source == SOURCE_SEQ;
    if (length[which] == 0)
        length[which] = read_whole(path_of(source), held[which], sizeof held[which]);
    *bytes = length[which];
    return held[which];
}

/* Without a name where the file system can: a worker may be killed at any moment. */
static int open_disk_file(void) {
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char path[4096];
    int file = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    snprintf(path, sizeof path, "%s/heald-XXXXXX", folder);
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

static int open_in_full_folder(void) {
    int folder = mounts_small();
    if (folder < 0)
        return -1;
    return openat(folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
}

/* Bytes in front of `size` may be those of an earlier case: nothing is said of them. */
static int cut_kept_sink(int64_t size) {
    if (kept_sink < 0)
        kept_sink = keep_descriptor(memfd_create("sink", MFD_CLOEXEC));
    if (kept_sink < 0 || ftruncate(kept_sink, size) != 0)
        return -1;
    return kept_sink;
}

static int listen_once(void) {
    if (listener >= 0)
        return 0;
    listener = keep_descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    listening_at.sin_family = AF_INET;
    listening_at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof listening_at;
    if (bind(listener, (struct sockaddr *)&listening_at, length) != 0)
        return -1;
    if (getsockname(listener, (struct sockaddr *)&listening_at, &length) != 0)
        return -1;
    return listen(listener, 64);
}

static void set_buffer(int socket, int option, int bytes) {
    if (bytes > 0)
        setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof bytes);
}

/* near = sending or receiving end of the subject, far = the peer's. */
static int connect_tcp(const struct fault_case *the_case, int *near, int *far) {
    static const struct linger no_wait = {.l_onoff = 1, .l_linger = 0};
    if (listen_once() != 0)
        return -1;
    *far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_buffer(*far, SO_RCVBUF, the_case->receive_buffer);
    if (*far < 0 || connect(*far, (struct sockaddr *)&listening_at, sizeof listening_at))
        return -1;
    *near = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (*near < 0)
        return -1;
    setsockopt(*near, SOL_SOCKET, SO_LINGER, &no_wait, sizeof no_wait);
    set_buffer(*near, SO_SNDBUF, the_case->send_buffer);
    return 0;
}

static int pair_unix(const struct fault_case *the_case, int *near, int *far) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    set_buffer(pair[0], SO_SNDBUF, the_case->send_buffer);
    *near = pair[0];
    *far = pair[1];
    return 0;
}

static int open_pipe(const struct fault_case *the_case, int *reader, int *writer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    if (the_case->pipe_bytes > 0)
        fcntl(ends[1], F_SETPIPE_SZ, the_case->pipe_bytes);
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}

static int stand_at_start(const struct fault_case *the_case, const struct fixture *made) {
    int64_t position = the_case->flags & FLAG_OFFSET ? 0 : the_case->start;
    bool there = made->source == memory_source && position == held_position;
    if (made->source == memory_source)
        held_position = -1; /* until the case has ended */
    if (there)
        return 0;
    return lseek(made->source, position, SEEK_SET) == position ? 0 : -1;
}

/* A pair can be kept where nothing about it is special and nobody goes away. */
static bool usual(const struct fault_case *c) {
    return c->send_buffer == 0 && c->receive_buffer == 0 && c->pipe_bytes == 0 &&
           c->vanish_after < 0 && c->chunk == 0 && c->stall_ms == 0 &&
           !(c->flags & (FLAG_PEER | FLAG_TAIL));
}

static enum kept_kind kept_sink_for(const struct fault_case *c) {
    if (!usual(c))
        return KEPT_NONE;
    return c->sink == SINK_PIPE   ? KEPT_PIPE
           : c->sink == SINK_UNIX ? KEPT_UNIX
                                  : KEPT_NONE;
}

/* A source that has to end cannot be kept: its writer is closed. */
static enum kept_kind kept_source_for(const struct fault_case *c) {
    if (!usual(c) || !(c->flags & FLAG_STAYS) || c->size > KEPT_SOURCE_BYTES)
        return KEPT_NONE;
    return c->source == SOURCE_PIPE   ? KEPT_SOURCE_PIPE
           : c->source == SOURCE_UNIX ? KEPT_SOURCE_UNIX
                                      : KEPT_NONE;
}

static int open_source(const struct fault_case *the_case, struct fixture *made) {
    made->kept_source = kept_source_for(the_case);
    if (made->kept_source != KEPT_NONE)
        return kept_pair_take(made->kept_source,
                              (the_case->flags & FLAG_NONBLOCK_IN) != 0, &made->source,
                              &made->source_peer);
    switch (the_case->source) {
    case SOURCE_FILE:
        if (memory_source < 0)
            memory_source = keep_descriptor(memfd_create("source", MFD_CLOEXEC));
        made->source = memory_source;
        return prepare_kept_source(the_case) == 0 ? stand_at_start(the_case, made) : -1;
    case SOURCE_DISK:
        made->source = open_disk_file();
        break;
    case SOURCE_PIPE:
        return open_pipe(the_case, &made->source, &made->source_peer);
    case SOURCE_UNIX:
        return pair_unix(the_case, &made->source, &made->source_peer);
    case SOURCE_TCP:
        return connect_tcp(the_case, &made->source, &made->source_peer);
    case SOURCE_FUSE:
    case SOURCE_LIAR:
        made->source = fuse_open_source(the_case);
        return made->source < 0 ? -1 : stand_at_start(the_case, made);
    default:
        made->source = open(path_of(the_case->source), O_RDONLY | O_CLOEXEC);
        return made->source < 0                                     ? -1
               : lseek(made->source, the_case->start, SEEK_SET) < 0 ? -1
                                                                    : 0;
    }
    if (made->source < 0 || ftruncate(made->source, the_case->size) != 0)
        return -1;
    if (source_write(made->source, the_case, the_case->hole, false) != 0)
        return -1;
    return stand_at_start(the_case, made);
}

static int open_file_sink(const struct fault_case *the_case, struct fixture *made) {
    bool append = the_case->sink == SINK_APPEND;
    made->in_memory = memory_sink_fits(the_case);
    if (made->in_memory)
        made->sink = memory_sink_take();
    else if (the_case->sink == SINK_DISK)
        made->sink = open_disk_file();
    else if (the_case->sink == SINK_FULL)
        made->sink = open_in_full_folder();
    else if (the_case->sink == SINK_FUSE)
        made->sink = fuse_open_sink(the_case);
    else
        made->sink = cut_kept_sink(append ? the_case->sink_position : 0);
    if (made->sink < 0)
        return -1;
    if (made->sink == kept_sink && append != sink_appends) {
        if (fcntl(made->sink, F_SETFL, append ? O_APPEND : 0) != 0)
            return -1;
        sink_appends = append;
    }
    return lseek(made->sink, the_case->sink_position, SEEK_SET) < 0 ? -1 : 0;
}

static int open_null(void) {
    if (null_sink < 0)
        null_sink = keep_descriptor(open("/dev/null", O_WRONLY | O_CLOEXEC));
    return null_sink;
}

static int open_sink(const struct fault_case *the_case, struct fixture *made) {
    made->kept_sink = kept_sink_for(the_case);
    if (made->kept_sink != KEPT_NONE)
        return kept_pair_take(made->kept_sink, (the_case->flags & FLAG_NONBLOCK_OUT) != 0,
                              &made->sink, &made->sink_peer);
    switch (the_case->sink) {
    case SINK_PIPE:
        return open_pipe(the_case, &made->sink_peer, &made->sink);
    case SINK_UNIX:
        return pair_unix(the_case, &made->sink, &made->sink_peer);
    case SINK_TCP:
        return connect_tcp(the_case, &made->sink, &made->sink_peer);
    case SINK_NULL:
        made->sink = open_null();
        return made->sink < 0 ? -1 : 0;
    default:
        return open_file_sink(the_case, made);
    }
}

static void set_nonblocking(int descriptor) {
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

static int open_copy(const struct fault_case *the_case, struct fixture *made) {
    if (the_case->shape != SHAPE_FAN_OUT)
        return 0;
    if (the_case->flags & FLAG_PEER || the_case->pipe_bytes > 0)
        return open_pipe(the_case, &made->copy_peer, &made->copy);
    made->kept_copy = KEPT_COPY;
    return kept_pair_take(KEPT_COPY, false, &made->copy, &made->copy_peer);
}

struct fixture fixture_open(const struct fault_case *the_case) {
    struct fixture made = {-1,        -1,        -1,        -1,    -1,  -1,
                           KEPT_NONE, KEPT_NONE, KEPT_NONE, false, NULL};
    if (open_source(the_case, &made) != 0)
        made.failed = "source";
    else if (open_sink(the_case, &made) != 0)
        made.failed = "sink";
    else if (open_copy(the_case, &made) != 0)
        made.failed = "second sink";
    if (made.failed != NULL)
        return made;
    if (the_case->flags & FLAG_NONBLOCK_OUT && made.kept_sink == KEPT_NONE)
        set_nonblocking(made.sink);
    if (the_case->flags & FLAG_NONBLOCK_IN && made.kept_source == KEPT_NONE)
        set_nonblocking(made.source);
    return made;
}

/* Those that are kept have numbers above all that a case opens for itself. */
static void close_own(int descriptor) {
    if (descriptor >= 0 && descriptor < KEPT_FROM)
        close(descriptor);
}

static void close_kept(int *descriptor) {
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

/* After a broken case nobody knows what is in them, or whether they are open at all. */
static void drop_kept(const struct fixture *fixture) {
    kept_pair_drop(fixture->kept_sink);
    kept_pair_drop(fixture->kept_copy);
    kept_pair_drop(fixture->kept_source);
    close_kept(&memory_source);
    close_kept(&kept_sink);
    close_kept(&null_sink);
    sink_appends = false;
    held_size = 0;
    held_position = -1;
}

void fixture_close(struct fixture *fixture, bool clean) {
    close_own(fixture->source);
    close_own(fixture->source_peer);
    close_own(fixture->sink);
    close_own(fixture->sink_peer);
    close_own(fixture->copy);
    close_own(fixture->copy_peer);
    if (!clean)
        drop_kept(fixture);
}
