/* SPDX-License-Identifier: MIT */
/* fuse: see fuse.h. The kernel's protocol of linux/fuse.h, one request at a time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fuse.h"

#include "confine.h"
#include "content.h"
#include "descriptors.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SINK_BYTES ((int64_t)1 << 20)
#define MOST_WRITTEN 65536u
#define PAGES 2u /* of one request: so there are many, and each takes a step */

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

/* What both processes see. Node 1 is the root; a case's source has an even number from 4 on,
 * its sink the odd one after it, so that no case meets pages of another. */
struct served {
    struct fault_case the_case;
    uint64_t number; /* of the case */
    _Atomic bool armed;
    _Atomic uint32_t next;    /* step */
    _Atomic int64_t bad_from; /* where the source has failed for good; -1: nowhere */
    _Atomic int64_t sink_size;
    unsigned char sink[SINK_BYTES];
};

static struct served *served;
static int root = -1;

union reply {
    struct fuse_init_out init;
    struct fuse_entry_out entry;
    struct fuse_attr_out attr;
    struct fuse_open_out open;
    struct fuse_write_out write;
};

static bool is_sink(uint64_t node) { return node & 1; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static void describe(uint64_t node, struct fuse_attr *attr) {
    bool folder = node == FUSE_ROOT_ID;
    bool liar = served->the_case.source == SOURCE_LIAR;
    memset(attr, 0, sizeof *attr);
    attr->ino = node;
    attr->mode = folder ? S_IFDIR | 0755 : S_IFREG | 0644;
    attr->nlink = 1;
    attr->uid = geteuid();
    attr->gid = getegid();
    attr->blksize = 4096;
    if (!folder)
        attr->size = is_sink(node) ? (uint64_t)served->sink_size
                     : liar        ? 0
                                   : (uint64_t)served->the_case.size;
}

static void answer(int device, uint64_t unique, int error, const void *body,
                   size_t bytes) {
    struct fuse_out_header header = {
        .len = (uint32_t)(sizeof header + bytes), .error = -error, .unique = unique};
    struct iovec parts[2] = {{&header, sizeof header}, {(void *)(uintptr_t)body, bytes}};
    if (writev(device, parts, bytes > 0 ? 2 : 1) < 0)
        return; /* the request was given up, or the mount has ended: the next read says it */
}

static struct fault_step take_step(void) {
    const struct fault_case *c = &served->the_case;
    if (!served->armed || served->next >= c->step_count)
        return (struct fault_step){STEP_PASS, 0};
    return c->steps[served->next++];
}

/* Bytes of the source's answer, or -errno. */
static int64_t read_source(int64_t at, int64_t asked, unsigned char *to) {
    const struct fault_case *c = &served->the_case;
    int64_t n = smaller(asked, c->size - at);
    if (n <= 0)
        return 0;
    if (served->bad_from >= 0 && at + n > served->bad_from)
        return -EIO;
    struct fault_step step = take_step();
    if (step.action == STEP_ERRNO && step.value != EINTR)
        served->bad_from = at;
    if (step.action == STEP_ERRNO)
        return step.value == EINTR ? -EINTR : -EIO;
    if (step.action == STEP_CAP && c->source == SOURCE_LIAR)
        n = smaller(n, step.value < 1 ? 1 : step.value);
    content_fill(to, c->content, at, (size_t)n);
    return n;
}

/* Bytes that the sink takes, or -errno. */
static int64_t write_sink(int64_t at, int64_t bytes, const void *from) {
    struct fault_step step = take_step();
    if (step.action == STEP_ERRNO)
        return -step.value;
    if (step.action == STEP_CAP)
        bytes = smaller(bytes, step.value < 1 ? 1 : step.value);
    if (at + bytes > SINK_BYTES)
        return -ENOSPC;
    memcpy(served->sink + at, from, (size_t)bytes);
    if (at + bytes > served->sink_size)
        served->sink_size = at + bytes;
    return bytes;
}

static void answer_read(int device, const struct fuse_in_header *request,
                        const struct fuse_read_in *asked) {
    static unsigned char bytes[1 << 20];
    int64_t at = (int64_t)asked->offset, n = smaller(asked->size, sizeof bytes);
    if (is_sink(request->nodeid)) {
        n = smaller(n, served->sink_size - at);
        n = n < 0 ? 0 : n;
        memcpy(bytes, served->sink + smaller(at, SINK_BYTES), (size_t)n);
    } else {
        n = read_source(at, n, bytes);
    }
    answer(device, request->unique, n < 0 ? (int)-n : 0, bytes, n < 0 ? 0 : (size_t)n);
}

static void answer_write(int device, const struct fuse_in_header *request,
                         const struct fuse_write_in *asked) {
    int64_t n = write_sink((int64_t)asked->offset, asked->size, asked + 1);
    struct fuse_write_out out = {.size = n < 0 ? 0 : (uint32_t)n};
    answer(device, request->unique, n < 0 ? (int)-n : 0, &out, n < 0 ? 0 : sizeof out);
}

static size_t initialise(const struct fuse_init_in *asked, union reply *reply) {
    uint32_t ours = FUSE_KERNEL_MINOR_VERSION;
    reply->init.major = FUSE_KERNEL_VERSION;
    reply->init.minor = asked->minor < ours ? asked->minor : ours;
    reply->init.max_readahead = PAGES * 4096;
    reply->init.flags = asked->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES);
    reply->init.max_pages = PAGES;
    reply->init.max_background = 4;
    reply->init.congestion_threshold = 3;
    reply->init.max_write = MOST_WRITTEN;
    reply->init.time_gran = 1;
    return sizeof reply->init;
}

/* Names are "i7" and "o7": source and sink of case 7. */
static size_t look_up(const char *name, union reply *reply) {
    uint64_t number = strtoull(name + 1, NULL, 10);
    if ((name[0] != 'i' && name[0] != 'o') || number == 0)
        return 0;
    reply->entry.nodeid = 2 * number + 2 + (name[0] == 'o');
    reply->entry.generation = 1;
    describe(reply->entry.nodeid, &reply->entry.attr);
    return sizeof reply->entry;
}

static size_t opened(uint64_t node, union reply *reply) {
    bool direct = is_sink(node) || served->the_case.source == SOURCE_LIAR;
    reply->open.open_flags =
        (uint32_t)FOPEN_NOFLUSH | (direct ? (uint32_t)FOPEN_DIRECT_IO : 0);
    return sizeof reply->open;
}

static void serve_one(int device, const struct fuse_in_header *request) {
    const void *body = request + 1;
    union reply reply;
    size_t bytes = 0;
    int error = 0;
    memset(&reply, 0, sizeof reply);
    switch (request->opcode) {
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
        return; /* these have no answer */
    case FUSE_READ:
        answer_read(device, request, body);
        return;
    case FUSE_WRITE:
        answer_write(device, request, body);
        return;
    case FUSE_INIT:
        bytes = initialise(body, &reply);
        break;
    case FUSE_LOOKUP:
        bytes = look_up(body, &reply);
        error = bytes == 0 ? ENOENT : 0;
        break;
    case FUSE_GETATTR:
    case FUSE_SETATTR:
        describe(request->nodeid, &reply.attr.attr);
        bytes = sizeof reply.attr;
        break;
    case FUSE_OPEN:
        bytes = opened(request->nodeid, &reply);
        break;
    case FUSE_RELEASE:
    case FUSE_DESTROY:
        break;
    default:
        error = ENOSYS; /* asked once each: FLUSH, GETXATTR, ACCESS, LSEEK ... */
    }
    answer(device, request->unique, error, &reply, error == 0 ? bytes : 0);
}

static void serve(int device) {
    static union {
        struct fuse_in_header header;
        char room[MOST_WRITTEN + 8192];
    } request;
    /* Whoever waits for this process' descriptors to close must not wait for the child's. */
    syscall(SYS_close_range, 0, device - 1, 0);
    syscall(SYS_close_range, device + 1, ~0u, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        ssize_t n = read(device, &request, sizeof request);
        if (n >= (ssize_t)sizeof request.header)
            serve_one(device, &request.header);
        else if (n >= 0 || (errno != EINTR && errno != ENOENT && errno != EAGAIN))
            _exit(0); /* ENODEV: the mount has ended */
    }
}

static int mount_on(int device) {
    char number[16], user[16], group[16];
    snprintf(number, sizeof number, "%d", device);
    snprintf(user, sizeof user, "%u", geteuid());
    snprintf(group, sizeof group, "%u", getegid());
    const struct mount_option options[] = {
        {"fd", number}, {"rootmode", "40000"}, {"user_id", user}, {"group_id", group}};
    return mounts_new("fuse", options, sizeof options / sizeof options[0]);
}

static int start(void) {
    /* After mounts_allowed: the device belongs to the user namespace it is opened in. */
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    void *page = mmap(NULL, sizeof *served, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (device < 0 || page == MAP_FAILED)
        return -1;
    served = page;
    /* Mounted first: to read from a device without a mount is an error. Requests wait. */
    root = descriptor_keep(mount_on(device));
    pid_t child = root < 0 ? -1 : confine_fork();
    if (child == 0)
        serve(device);
    int error = errno;
    close(device);
    errno = error;
    return child < 0 ? -1 : 0;
}

int fuse_begin(void) {
    static int error = -1; /* -1: not tried yet */
    if (error < 0)
        error = mounts_allowed() == 0 && start() == 0 ? 0 : errno;
    errno = error == 0 ? errno : error;
    return error == 0 ? 0 : -1;
}

static int open_node(char kind, int flags) {
    char name[32];
    snprintf(name, sizeof name, "%c%llu", kind, (unsigned long long)served->number);
    return openat(root, name, flags | O_CLOEXEC);
}

int fuse_open_source(const struct fault_case *the_case) {
    if (fuse_begin() != 0)
        return -1;
    served->the_case = *the_case;
    served->number++;
    served->next = 0;
    served->bad_from = -1;
    return open_node('i', O_RDONLY);
}

int fuse_open_sink(const struct fault_case *the_case) {
    if (fuse_begin() != 0)
        return -1;
    memset(served->sink, 0, (size_t)served->sink_size);
    served->the_case = *the_case;
    served->number++;
    served->next = 0;
    served->sink_size = 0;
    return open_node('o', O_RDWR);
}

void fuse_arm(bool armed) {
    if (served != NULL)
        served->armed = armed;
}

uint32_t fuse_steps_used(void) { return served == NULL ? 0 : served->next; }
