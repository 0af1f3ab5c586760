/* SPDX-License-Identifier: MIT */
/*
 * host: a worker process that loads one subject and runs cases as it is told.
 *
 * Why       A subject may crash, hang or close descriptors that are not its own. Here it can
 *           only hurt this process; the parent sees which case was under way and goes on.
 * Usage     heald-faults SUBJECT.so ENTRY SHARED_FD, commands on descriptor 0, replies on 1.
 *           heald-faults --shorten MOST INTERRUPT BYTES FAIL_KIND FAIL_AT REPORT_FD PROGRAM
 *           ARGUMENT...: foreign.h
 *           heald-faults --probe-notify exits with 0, or with the errno that says why not;
 *           so do --probe-full and --probe-fuse.
 * Recorder  The shared page holds the number of cases started and the case itself, written
 *           before the subject is called, so that it outlives a crash.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "confine.h"
#include "content.h"
#include "foreign.h"
#include "fuse.h"
#include "generate.h"
#include "leaks.h"
#include "mounts.h"
#include "notify.h"
#include "run.h"
#include "shim.h"
#include <heald/faults.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define HOST_FROM 200

static int commands;
static int replies;
static struct fault_recorder *recorder;

static int read_all(void *to, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        ssize_t n = read(commands, (char *)to + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

static void write_all(const void *from, size_t bytes) {
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(replies, (const char *)from + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            exit(0); /* nobody listens any more */
        done += (size_t)n;
    }
}

static void run_recorded(const struct subject *subject, const struct fault_case *the_case,
                         struct fault_result *result) {
    recorder->the_case = *the_case;
    __atomic_store_n(&recorder->started, recorder->started + 1, __ATOMIC_RELEASE);
    if (the_case->flags & FLAG_NOTIFY)
        notify_run_case(subject, the_case, result);
    else
        run_case(subject, the_case, result);
}

static void serve_run(const struct subject *subject,
                      const struct fault_request *request) {
    struct fault_case the_case;
    struct fault_result result;
    leaks_look_everywhere(true);
    for (uint64_t i = 0; i < request->count; i++) {
        if (read_all(&the_case, sizeof the_case) != 0)
            exit(0);
        run_recorded(subject, &the_case, &result);
        write_all(&result, sizeof result);
    }
}

static void serve_bulk(const struct subject *subject,
                       const struct fault_request *request) {
    static struct fault_bulk reply;
    struct fault_case the_case;
    struct fault_result result;
    memset(&reply, 0, sizeof reply);
    leaks_look_everywhere(false);
    for (uint64_t i = 0; i < request->count; i++) {
        generate_case(&request->plan, request->seed + i, &the_case);
        run_recorded(subject, &the_case, &result);
        reply.ran++;
        reply.calls += result.calls;
        reply.steps += result.steps_used;
        reply.moved += (uint64_t)result.moved;
        if (result.broken == 0)
            continue;
        if (reply.kept < FAULT_KEPT)
            reply.failures[reply.kept++] =
                (struct fault_failure){request->seed + i, the_case, result};
        reply.failed++;
    }
    write_all(&reply, sizeof reply);
}

static void load(const char *library, const char *entry, struct subject *subject) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void *found = handle == NULL ? NULL : dlsym(handle, entry);
    if (found == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    Dl_info lies;
    if (dladdr(found, &lies) != 0)
        shim_place_subject(lies.dli_fbase);
    memcpy(&subject->transfer, &found, sizeof found);
    memcpy(&subject->fan_out, &found, sizeof found);
}

/* The subject's own output must not mix with replies, nor its descriptors with ours. */
static int take(int descriptor, int flags) {
    int kept = fcntl(descriptor, F_DUPFD_CLOEXEC, HOST_FROM);
    int null = open("/dev/null", flags | O_CLOEXEC);
    dup2(null, descriptor);
    close(null);
    return kept;
}

static void share(int descriptor) {
    void *page =
        mmap(NULL, sizeof *recorder, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (page == MAP_FAILED) {
        perror("recorder");
        exit(2);
    }
    recorder = page;
    close(descriptor);
}

/* Mounting is half of it: the server must answer, too. */
static int probe_fuse(void) {
    struct fault_case the_case = {.source = SOURCE_FUSE, .size = 1, .sink = SINK_FILE};
    char byte;
    content_begin();
    int file = fuse_open_source(&the_case);
    if (file < 0)
        return errno;
    return read(file, &byte, 1) == 1 ? 0 : errno == 0 ? EIO : errno;
}

int main(int argc, char **argv) {
    struct subject subject;
    struct fault_request request;
    if (argc == 2 && strcmp(argv[1], "--probe-notify") == 0)
        return notify_missing();
    if (argc == 2 && strcmp(argv[1], "--probe-full") == 0)
        return mounts_small() >= 0 ? 0 : errno;
    if (argc == 2 && strcmp(argv[1], "--probe-fuse") == 0)
        return probe_fuse();
    if (argc > 8 && strcmp(argv[1], "--shorten") == 0)
        return foreign_run(argv + 8,
                           &(struct foreign_plan){atol(argv[2]), atol(argv[3]),
                                                  atol(argv[4]), atol(argv[5]),
                                                  atol(argv[6])},
                           atoi(argv[7]));
    if (argc != 4) {
        fprintf(stderr, "usage: heald-faults SUBJECT.so ENTRY SHARED_FD\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    share(atoi(argv[3]));
    confine_transfer();
    load(argv[1], argv[2], &subject);
    commands = take(STDIN_FILENO, O_RDONLY);
    replies = take(STDOUT_FILENO, O_WRONLY);
    if (run_begin() != 0)
        return 2;
    while (read_all(&request, sizeof request) == 0) {
        if (request.abi != FAULT_ABI)
            return 3;
        if (request.command == FAULT_BULK)
            serve_bulk(&subject, &request);
        else
            serve_run(&subject, &request);
    }
    return 0;
}
