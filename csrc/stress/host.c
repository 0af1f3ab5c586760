/* SPDX-License-Identifier: MIT */
/*
 * host: the process that holds a subject, and makes a fresh copy of itself for every run.
 *
 * Why       Each run starts from a clean heap in a process of its own: a failure belongs to
 *           the scenario that was running, and no crash costs more than a fork (0.3 ms).
 * Use       heald-stress SHARED_FD CONTROL_FD SHARED_BYTES MEMORY_BYTES FILE_BYTES LIBRARY
 * Control   One byte in: 'r' run the request, 'd' have the threads write backtraces, 'k'
 *           kill the run. One struct reply out when the subject is loaded (pid 0) and
 *           whenever a run has ended. End of file: the parent is gone, and so are we.
 * Rules     The host itself never calls the subject; it has one thread.
 */
#define _GNU_SOURCE
#include "confine.h"
#include "death.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct reply {
    int32_t pid, status; /* status as of waitpid */
};

struct host {
    struct stress_recorder *recorder;
    size_t bytes;
    int control, children; /* the second tells of SIGCHLD */
    const struct heald_subject *subject;
};

static bool answer(const struct host *host, int32_t pid, int32_t status) {
    const struct reply reply = {pid, status};
    return write(host->control, &reply, sizeof reply) == (ssize_t)sizeof reply;
}

static int refuse(const struct host *host, const char *why) {
    snprintf(host->recorder->error, sizeof host->recorder->error, "%s", why);
    atomic_store_explicit(&host->recorder->state, STRESS_REFUSED, memory_order_release);
    (void)answer(host, 0, 0);
    return 2;
}

static void record_operations(const struct host *host) {
    const struct heald_subject *subject = host->subject;
    for (uint32_t i = 0; i < subject->operation_count; i++) {
        struct stress_operation_record *record = &host->recorder->operations[i];
        snprintf(record->name, sizeof record->name, "%s", subject->operations[i].name);
        record->arguments = subject->operations[i].arguments;
        record->results = subject->operations[i].results;
    }
    host->recorder->operation_count = subject->operation_count;
}

static int record_module(struct dl_phdr_info *info, size_t size, void *argument) {
    struct stress_recorder *recorder = argument;
    (void)size;
    if (recorder->module_count == STRESS_MODULES)
        return 1;
    struct stress_module *module = &recorder->modules[recorder->module_count++];
    module->base = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
        if (header->p_type == PT_LOAD && end > module->end)
            module->end = end;
    }
    const char *path = info->dlpi_name[0] == '\0' ? "/proc/self/exe" : info->dlpi_name;
    snprintf(module->path, sizeof module->path, "%s", path);
    return 0;
}

/* 0, or the exit code after the parent has been told why. */
static int load_subject(struct host *host, const char *library) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return refuse(host, dlerror());
    host->subject = dlsym(handle, "heald_subject");
    if (host->subject == NULL)
        return refuse(host, dlerror());
    if (host->subject->abi != HEALD_SUBJECT_ABI)
        return refuse(host, "its heald_subject table is of another version");
    if (host->subject->operation_count > STRESS_OPERATIONS)
        return refuse(host, "it has too many operations");
    if (host->subject->state_alignment > 4096)
        return refuse(host, "its state asks for an alignment above 4096 bytes");
    record_operations(host);
    (void)dl_iterate_phdr(record_module, host->recorder);
    return 0;
}

static _Noreturn void run_in_child(const struct host *host, pid_t parent) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close(host->control);
    close(host->children);
    confine_process(parent);
    atomic_store_explicit(&host->recorder->pid, (int32_t)getpid(), memory_order_release);
    _exit(stress_run(host->subject, host->recorder, host->bytes) == 0 ? 0 : 3);
}

static void kill_run(pid_t child) {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
}

/* One command while a run goes on; false: nobody is left to tell of its end. */
static bool obey(const struct host *host, pid_t child) {
    char command;
    if (read(host->control, &command, 1) <= 0) {
        kill_run(child);
        return false;
    }
    if (command == 'k')
        kill_run(child);
    else if (command == 'd')
        kill(child, DEATH_DUMP_ALL);
    return true;
}

static bool wait_for_run(const struct host *host, pid_t child) {
    struct pollfd polled[] = {{host->control, POLLIN, 0}, {host->children, POLLIN, 0}};
    for (;;) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child)
            return answer(host, child, status);
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return false;
        struct signalfd_siginfo info;
        if ((polled[1].revents & POLLIN) != 0)
            (void)!read(host->children, &info, sizeof info);
        if (polled[0].revents != 0 && !obey(host, child))
            return false;
    }
}

static int serve(const struct host *host) {
    char command;
    while (read(host->control, &command, 1) == 1) {
        if (command != 'r')
            continue; /* came too late for the run it was meant for */
        pid_t self = getpid(), child = fork();
        if (child == 0)
            run_in_child(host, self);
        if (child < 0 ? !answer(host, -1, errno) : !wait_for_run(host, child))
            break;
    }
    return 0;
}

static bool prepare(struct host *host, char **arguments) {
    host->bytes = strtoull(arguments[3], NULL, 10);
    host->control = atoi(arguments[2]);
    host->recorder = mmap(NULL, host->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                          atoi(arguments[1]), 0);
    if (host->recorder == MAP_FAILED)
        return false;
    close(atoi(arguments[1]));
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    host->children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return host->children >= 0;
}

_Static_assert(sizeof(struct stress_recorder) <= STRESS_REQUEST_OFFSET, "areas overlap");

static void introduce(struct stress_recorder *recorder) {
    recorder->sizes[0] = sizeof *recorder;
    recorder->sizes[1] = sizeof(struct stress_request);
    recorder->sizes[2] = offsetof(struct stress_recorder, threads);
    recorder->sizes[3] = sizeof *recorder->threads;
    recorder->abi = STRESS_ABI;
    recorder->magic = STRESS_MAGIC;
}

int main(int count, char **arguments) {
    struct host host = {0};
    if (count != 7 || !prepare(&host, arguments)) {
        fprintf(stderr, "usage: heald-stress SHARED_FD CONTROL_FD SHARED_BYTES "
                        "MEMORY_BYTES FILE_BYTES LIBRARY\n");
        _exit(2);
    }
    introduce(host.recorder);
    confine_resources(strtoull(arguments[4], NULL, 10), strtoull(arguments[5], NULL, 10));
    death_install(host.recorder);
    int refused = load_subject(&host, arguments[6]);
    if (refused != 0)
        _exit(refused);
    atomic_store_explicit(&host.recorder->state, STRESS_READY, memory_order_release);
    _exit(answer(&host, 0, 0) ? serve(&host) : 0);
}
