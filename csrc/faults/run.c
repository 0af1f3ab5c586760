/* SPDX-License-Identifier: MIT */
/*
 * run: see run.h.
 *
 * SIGPIPE   has a handler that counts: a subject that lets it be delivered kills servers.
 * Spinning  Where nothing is wrapped, processor time against wall time tells, while the peer
 *           stalls for 20 ms or more.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "run.h"

#include "content.h"
#include "descriptors.h"
#include "fixture.h"
#include "fuse.h"
#include "leaks.h"
#include "left.h"
#include "memory.h"
#include "memory_sink.h"
#include "oracle.h"
#include "peer.h"
#include "process.h"
#include "shim.h"
#include "sink.h"
#include "source.h"
#include "together.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ROOM ((size_t)96 << 20)
#define USUAL_FILE_BYTES (INT64_C(128) << 20)
#define COPY_ROOM ((size_t)4 << 20)
#define TAIL_PATIENCE_US 1000000
#define QUICK_NS 4000000 /* for all of MEMORY_LOOKS runs: then many more cost little */

static unsigned char *arrived_bytes;
static unsigned char *copied_bytes;
static volatile sig_atomic_t pipe_signals;

static void on_pipe_signal(int number) {
    (void)number;
    pipe_signals = 1;
}

static void on_storm(int number) { (void)number; }

static void handle(int number, void (*handler)(int), int flags) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void *reserve(size_t bytes) {
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int run_begin(void) {
    content_begin();
    leaks_begin();
    handle(SIGPIPE, on_pipe_signal, 0);
    handle(SIGXFSZ, SIG_IGN, 0);
    handle(SIGALRM, on_storm, 0);
    arrived_bytes = reserve(ROOM);
    copied_bytes = reserve(COPY_ROOM);
    return arrived_bytes == MAP_FAILED || copied_bytes == MAP_FAILED ? -1 : 0;
}

static void limit_file_size(int64_t bytes) {
    static int64_t now = -1;
    struct rlimit limit;
    if (bytes == now)
        return;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = (rlim_t)bytes < limit.rlim_max ? (rlim_t)bytes : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    now = bytes;
}

/* A subject that repeats for ever must not fill the memory: files end somewhere. */
static int64_t usual_limit(const struct fault_case *c) {
    return c->size < USUAL_FILE_BYTES / 2 ? USUAL_FILE_BYTES : c->size + USUAL_FILE_BYTES;
}

static void storm(const struct fault_case *c, int32_t period_us) {
    struct itimerval every = {{0, period_us}, {0, period_us}};
    if (c->storm_us == 0)
        return;
    handle(SIGALRM, on_storm, c->flags & FLAG_RESTART ? SA_RESTART : 0);
    setitimer(ITIMER_REAL, &every, NULL);
}

static int64_t thread_cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The call itself, between the faults that act on the whole process. */
static void call_subject(const struct subject *subject, const struct fault_case *c,
                         const struct fixture *fixture, struct fault_result *r) {
    off_t offset = c->start;
    size_t moved = 0;
    bool limited = c->limit >= 0 && !sink_of(c->sink)->ends_itself;
    if (limited)
        limit_file_size(c->sink_position + c->limit);
    left_begin();
    storm(c, c->storm_us);
    fuse_arm(true);
    bool timed = (c->flags & FLAG_PEER) != 0; /* a system call, so only where it tells */
    int64_t cpu = timed ? thread_cpu_ns() : 0, wall = peer_now_ns();
    errno = 0;
    if (c->shape == SHAPE_FAN_OUT)
        r->result = subject->fan_out(fixture->sink.near, fixture->copy.near,
                                     fixture->source.near, (size_t)c->count, &moved);
    else
        r->result = subject->transfer(fixture->sink.near, fixture->source.near,
                                      c->flags & FLAG_OFFSET ? &offset : NULL,
                                      (size_t)c->count, &moved);
    r->error = r->result == 0 ? 0 : errno;
    r->cpu_us = timed ? (thread_cpu_ns() - cpu) / 1000 : 0;
    r->wall_us = (peer_now_ns() - wall) / 1000;
    fuse_arm(false);
    storm(c, 0);
    if (limited)
        limit_file_size(usual_limit(c));
    r->moved = moved > INT64_MAX ? INT64_MAX : (int64_t)moved;
    r->offset = offset;
}

static void sleep_a_little(void) {
    struct timespec rest = {0, 50000};
    nanosleep(&rest, NULL);
}

/* How long after the return the last byte arrived; the sink is still open meanwhile. */
static int64_t tail_us(struct peer *reader, int64_t returned_ns, int64_t moved) {
    while (atomic_load(&reader->moved) < moved)
        if (peer_now_ns() - returned_ns > TAIL_PATIENCE_US * INT64_C(1000))
            return TAIL_PATIENCE_US;
        else
            sleep_a_little();
    int64_t late = atomic_load(&reader->last_ns) - returned_ns;
    return late < 0 ? 0 : late / 1000;
}

static void change_source(const struct fault_case *c, int source) {
    if (c->flags & FLAG_OVERWRITE)
        source_write(source, c, c->hole, true);
    if (c->flags & FLAG_CUT && ftruncate(source, c->hole) != 0)
        return;
}

/* Everything of one case that must live from its start to its verdict. */
struct running {
    const struct fault_case *the_case;
    struct fixture fixture;
    struct peer reader;
    struct peer writer;
    struct peer copier;
    struct seen seen;
    int sink_flags, source_flags; /* before the call */
    struct together *together;    /* NULL: it is alone */
};

static int start_peers(struct running *x) {
    const struct fault_case *c = x->the_case;
    bool threads = (c->flags & FLAG_PEER) != 0;
    x->reader = (struct peer){.the_case = c,
                              .descriptor = &x->fixture.sink.far,
                              .bytes = arrived_bytes,
                              .room = ROOM};
    x->writer = (struct peer){.the_case = c,
                              .descriptor = &x->fixture.source.far,
                              .stays = sink_of(c->sink)->is_stream};
    x->copier = (struct peer){.the_case = c,
                              .descriptor = &x->fixture.copy.far,
                              .stays = true,
                              .bytes = copied_bytes,
                              .room = COPY_ROOM};
    if (source_of(c->source)->is_stream) {
        if (threads && peer_start(&x->writer, peer_write) != 0)
            return -1;
        if (x->fixture.source.kept != KEPT_NONE)
            peer_queue(&x->writer);
        else if (!threads)
            peer_write(&x->writer);
    }
    if (threads && sink_of(c->sink)->is_stream && peer_start(&x->reader, peer_read) != 0)
        return -1;
    if (threads && x->fixture.copy.near >= 0 && peer_start(&x->copier, peer_read) != 0)
        return -1;
    return 0;
}

static void collect_sink(struct running *x, struct fault_result *r) {
    const struct sink *sink = sink_of(x->the_case->sink);
    struct shown shown = {.room = arrived_bytes,
                          .room_bytes = ROOM,
                          .reader = &x->reader,
                          .position = r->sink_after,
                          .stray = -1};
    sink->collect(sink, x->the_case, &x->fixture.sink, &shown);
    x->seen.arrived = shown.bytes;
    x->seen.stray = shown.stray;
    x->seen.peer_vanished = shown.vanished;
    r->arrived = shown.count;
    r->sink_after = shown.position;
}

static void collect_copy(struct running *x) {
    const struct sink *pipe = sink_of(SINK_PIPE);
    struct shown shown = {
        .room = copied_bytes, .room_bytes = COPY_ROOM, .reader = &x->copier};
    if (x->fixture.copy.near < 0)
        return;
    pipe->collect(pipe, x->the_case, &x->fixture.copy, &shown);
    x->seen.copied = shown.bytes;
    x->seen.copied_bytes = shown.count;
}

static void collect_source(struct running *x, struct fault_result *r) {
    const struct source *source = source_of(x->the_case->source);
    r->source_after = source->collect(x->the_case, &x->fixture.source, &x->writer);
    if (source->is_stream)
        x->seen.final_size = x->seen.least_size = x->seen.most_size =
            atomic_load(&x->writer.moved);
}

static void copy_shim(struct running *x, struct fault_result *r) {
    bool outside = (x->the_case->flags & FLAG_OUTSIDE) != 0;
    r->calls = the_shim.calls;
    r->waits = the_shim.waits;
    r->spins = the_shim.spins;
    r->steps_used = the_shim.next + (outside ? fuse_steps_used() : 0);
    r->log_count = the_shim.log_count;
    memcpy(r->log, the_shim.log, sizeof r->log);
    x->seen.script_steps = the_shim.step_count;
    x->seen.last_errno = the_shim.last_errno;
    x->seen.retried = the_shim.retried;
    x->seen.said_zero = the_shim.said_zero;
    x->seen.gentle = shim_has_substitute(the_shim.last_call);
}

/* Sizes of the source, when nobody changes it any more. */
static void copy_sizes(struct running *x) {
    x->seen.own = source_own_bytes(x->the_case->source, &x->seen.own_bytes);
    x->seen.least_size = the_shim.least;
    x->seen.most_size = the_shim.most;
    x->seen.final_size = the_shim.size;
    /* A change in flight may have come after the last call: less is expected. */
    if (x->the_case->flags & FLAG_OUTSIDE)
        x->seen.final_size = the_shim.least;
    if (x->seen.own != NULL)
        x->seen.final_size = x->seen.least_size = x->seen.most_size =
            (int64_t)x->seen.own_bytes;
}

static void prepare(struct running *x) {
    const struct fault_case *c = x->the_case;
    const struct source *source = source_of(c->source);
    x->seen = (struct seen){.the_case = c, .stray = -1};
    x->seen.old_source = c->flags & FLAG_OFFSET && source->is_at_offset ? 0 : c->start;
    x->seen.idle = c->stall_ms * 1000 >= IDLE_LIMIT_US;
    x->sink_flags = fcntl(x->fixture.sink.near, F_GETFL);
    x->source_flags = fcntl(x->fixture.source.near, F_GETFL);
    pipe_signals = 0;
    shim_begin(c, source->is_changing ? x->fixture.source.near : -1);
}

static void observe(struct running *x, struct fault_result *r) {
    const struct fault_case *c = x->the_case;
    int64_t returned = peer_now_ns();
    copy_shim(x, r);
    together_wait(x->together);
    x->seen.died = pipe_signals != 0;
    x->seen.left_changed =
        left_in_process() |
        left_at(x->fixture.source.near, x->source_flags,
                c->source == SOURCE_UNIX || c->source == SOURCE_TCP,
                c->source == SOURCE_TCP) |
        left_at(x->fixture.sink.near, x->sink_flags,
                c->sink == SINK_UNIX || c->sink == SINK_TCP, c->sink == SINK_TCP);
    r->leaked = leaks_close(&x->fixture);
    r->tail_us = -1;
    if (c->flags & FLAG_TAIL)
        r->tail_us = tail_us(&x->reader, returned, r->moved);
    change_source(c, x->fixture.source.near);
    collect_sink(x, r);
    collect_copy(x);
    copy_sizes(x);
    collect_source(x, r);
    if (source_of(c->source)->remember != NULL)
        source_of(c->source)->remember(c, the_shim.size, r->source_after);
}

static void run_once(const struct subject *subject, const struct fault_case *the_case,
                     struct fault_result *result) {
    struct running x = {.the_case = the_case};
    int failed = 0;
    memset(result, 0, sizeof *result);
    limit_file_size(usual_limit(the_case));
    x.fixture = fixture_open(the_case);
    if (x.fixture.failed == NULL && start_peers(&x) == 0)
        x.together = together_start(subject, &x.fixture, the_case, &failed);
    else
        failed = -1;
    if (failed != 0) {
        result->broken = BROKEN_ENGINE;
        result->error = errno;
        fixture_close(&x.fixture, false);
        return;
    }
    prepare(&x);
    leaks_before();
    call_subject(subject, the_case, &x.fixture, result);
    observe(&x, result);
    oracle_judge(&x.seen, result); /* first: it looks at the memory sink itself */
    result->together = together_end(x.together);
    if (result->together != 0)
        result->broken |= BROKEN_TOGETHER;
    if (memory_sink_fits(the_case))
        memory_sink_give_back(result->broken == 0, the_case->sink_position,
                              result->arrived);
    fixture_close(&x.fixture, result->broken == 0);
}

/* The script acts in a call before, of other bytes; the one that is told of comes after it. */
static void run_after(const struct subject *subject, const struct fault_case *the_case,
                      struct fault_result *result) {
    struct fault_case before = *the_case, after = *the_case;
    before.content += 1;
    run_once(subject, &before, result);
    if (result->broken != 0)
        return;
    after.step_count = 0;
    run_once(subject, &after, result);
}

/* What the last looks, one after so many runs each, show to be left behind. */
static void look_often(const struct subject *subject, const struct fault_case *the_case,
                       int runs, struct fault_result *result) {
    for (int look = 0; look < MEMORY_LOOKS; look++) {
        for (int run = 0; run < runs; run++) {
            run_once(subject, the_case, result);
            if (result->broken != 0)
                return;
        }
        memory_look(look);
    }
    if (memory_threads_grow()) /* whose stacks are memory */
        result->broken = BROKEN_THREADS;
    else if (memory_grows())
        result->broken = BROKEN_MEMORY;
}

static void run_repeatedly(const struct subject *subject,
                           const struct fault_case *the_case,
                           struct fault_result *result) {
    process_begin();
    int64_t began = peer_now_ns();
    look_often(subject, the_case, 1, result);
    if (result->broken == 0 && peer_now_ns() - began < QUICK_NS)
        look_often(subject, the_case, MEMORY_MANY, result);
    if (process_changed())
        result->broken |= BROKEN_PROCESS;
}

void run_case(const struct subject *subject, const struct fault_case *the_case,
              struct fault_result *result) {
    if (the_case->flags & FLAG_AFTER)
        run_after(subject, the_case, result);
    else if (the_case->flags & FLAG_REPEATED)
        run_repeatedly(subject, the_case, result);
    else
        run_once(subject, the_case, result);
}
