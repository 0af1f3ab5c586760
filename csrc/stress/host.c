/* SPDX-License-Identifier: MIT */
/*
 * host: the process that makes a fresh copy of itself for every run of a subject.
 *
 * Why       Each run starts from a clean heap in a process of its own: a failure belongs to
 *           the scenario that was running, and no crash costs more than a fork (0.3 ms).
 *           The subject is loaded there, too: its constructors are code like the rest, and
 *           confined like the rest.
 * Use       heald-stress SHARED_FD CONTROL_FD SHARED_BYTES MEMORY_BYTES FILE_BYTES LIBRARY
 * Control   One byte in: 'r' run the request, 'd' have the threads write backtraces, 'k'
 *           kill the run. One struct stress_reply out when the subject has been loaded on trial,
 *           and whenever a run has ended. End of file: the parent is gone, and so are we.
 * Rules     The host itself never loads the subject; it has one thread.
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

struct host {
    struct stress_recorder *recorder;
    size_t bytes;
    int control, children; /* the second tells of SIGCHLD */
    const char *library;
};

static bool answer(const struct host *host, int32_t pid, int32_t status) {
    const struct stress_reply reply = {pid, status};
    return write(host->control, &reply, sizeof reply) == (ssize_t)sizeof reply;
}

static int refuse(const struct host *host, const char *why) {
    snprintf(host->recorder->error, sizeof host->recorder->error, "%s", why);
    atomic_store_explicit(&host->recorder->state, STRESS_REFUSED, memory_order_release);
    return 2;
}

static void record_operations(const struct host *host,
                              const struct heald_subject *subject) {
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

static int check_table(const struct host *host, const struct heald_subject *subject) {
    if (subject == NULL)
        return refuse(host, dlerror());
    if (subject->abi != HEALD_SUBJECT_ABI)
        return refuse(host, "its heald_subject table is of another version");
    if (subject->operation_count > STRESS_OPERATIONS)
        return refuse(host, "it has too many operations");
    if (subject->state_alignment > 4096)
        return refuse(host, "its state asks for an alignment above 4096 bytes");
    return 0;
}

/* 0, or the exit code after the parent has been told why. */
static int load_subject(const struct host *host, const struct heald_subject **subject) {
    death_watch_thread(1);
    atomic_store(&host->recorder->threads[0].position,
                 STRESS_POSITION(STRESS_LOADING, 0, 0));
    void *handle = dlopen(host->library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return refuse(host, dlerror());
    *subject = dlsym(handle, "heald_subject");
    int refused = check_table(host, *subject);
    if (refused == 0)
        atomic_store(&host->recorder->threads[0].position, 0);
    return refused;
}

/* What can be said of the subject once and for all runs. */
static int introduce_subject(const struct host *host,
                             const struct heald_subject *subject) {
    record_operations(host, subject);
    host->recorder->module_count = 0;
    (void)dl_iterate_phdr(record_module, host->recorder);
    atomic_store_explicit(&host->recorder->state, STRESS_READY, memory_order_release);
    return 0;
}

static _Noreturn void run_in_child(const struct host *host, pid_t parent, bool trial) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close(host->control);
    close(host->children);
    confine_process(parent);
    atomic_store_explicit(&host->recorder->pid, (int32_t)getpid(), memory_order_release);
    const struct heald_subject *subject = NULL;
    int refused = load_subject(host, &subject);
    if (refused != 0)
        _exit(refused);
    if (trial)
        _exit(introduce_subject(host, subject));
    _exit(stress_run(subject, host->recorder, host->bytes) == 0 ? 0 : 3);
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

/* Its number is not given to others before it is buried: whoever is left in its group is
 * one of its own. */
static int32_t bury(pid_t child) {
    int status = 0;
    kill(-child, SIGKILL);
    (void)waitpid(child, &status, 0);
    return status;
}

static bool wait_for_run(const struct host *host, pid_t child) {
    struct pollfd polled[] = {{host->control, POLLIN, 0}, {host->children, POLLIN, 0}};
    for (;;) {
        siginfo_t ended = {0};
        if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == child)
            return answer(host, child, bury(child));
        if (poll(polled, 2, -1) < 0 && errno != EINTR)
            return false;
        struct signalfd_siginfo info;
        if ((polled[1].revents & POLLIN) != 0)
            (void)!read(host->children, &info, sizeof info);
        if (polled[0].revents != 0 && !obey(host, child))
            return false;
    }
}

/* False: nobody is left to tell of its end. */
static bool run(const struct host *host, bool trial) {
    pid_t self = getpid(), child = fork();
    if (child == 0)
        run_in_child(host, self, trial);
    return child < 0 ? answer(host, -1, errno) : wait_for_run(host, child);
}

static void serve(const struct host *host) {
    char command;
    bool told = run(host, true);
    while (told && read(host->control, &command, 1) == 1)
        if (command == 'r') /* anything else came too late for the run it was meant for */
            told = run(host, false);
}

static bool prepare(struct host *host, char **arguments) {
    host->bytes = strtoull(arguments[3], NULL, 10);
    host->control = atoi(arguments[2]);
    host->library = arguments[6];
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

_Static_assert(offsetof(struct stress_recorder, threads) % 128 == 0,
               "a shared cache line");
_Static_assert(offsetof(struct stress_thread_record, tid) == 128, "a shared cache line");
_Static_assert(sizeof(struct stress_thread_record) % 128 == 0, "a shared cache line");
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
    (void)dl_iterate_phdr(record_module, host.recorder); /* for those who die loading */
    serve(&host);
    _exit(0);
}
