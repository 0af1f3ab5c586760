/* SPDX-License-Identifier: MIT */
/*
 * hostile_kernel: what a subject can do through the kernel to what the runner stands on: its
 * memory, descriptors, handlers, threads and who it is. One act an operation, done once, after a
 * hundred uses by any thread; see hostile.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct state {
    _Atomic int value;
};

static _Atomic int uses;
static volatile int for_ever = 1;
static char *volatile nowhere;

#define ACT(name)                                                                        \
    void name(struct state *state);                                                      \
    static void act_##name(void);                                                        \
    void name(__attribute__((unused)) struct state *state) {                             \
        static _Atomic int done;                                                         \
        if (atomic_fetch_add(&uses, 1) >= 100 && !atomic_exchange(&done, 1))             \
            act_##name();                                                                \
    }                                                                                    \
    static void act_##name(void)

ACT(do_nothing) {}

/* The memory that the runner records in: a file in memory, and mapped. */
static void each_recorder(void (*act)(char *begin, size_t bytes)) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long begin, end;
        if (strstr(line, "memfd:") != NULL && sscanf(line, "%lx-%lx", &begin, &end) == 2)
            act((char *)begin, end - begin);
    }
}
static void protect(char *begin, size_t bytes) {
    (void)mprotect(begin, bytes, PROT_NONE);
}
static void freeze(char *begin, size_t bytes) { (void)mprotect(begin, bytes, PROT_READ); }
static void unmap(char *begin, size_t bytes) { (void)munmap(begin, bytes); }
static void cover(char *begin, size_t bytes) {
    (void)mmap(begin, bytes, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
ACT(protect_recorder) { each_recorder(protect); }
ACT(freeze_recorder) { each_recorder(freeze); }
ACT(unmap_recorder) { each_recorder(unmap); }
ACT(cover_recorder) { each_recorder(cover); }
ACT(shrink_every_file) {
    for (int file = 0; file < 64; file++)
        (void)!ftruncate(file, 0);
}
ACT(punch_every_file) {
    for (int file = 0; file < 64; file++)
        (void)fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 64 << 20);
}
ACT(grow_every_file) {
    for (int file = 3; file < 64; file++)
        (void)!ftruncate(file, INT64_C(1) << 40);
}

/* Its descriptors. */
ACT(cover_descriptors) {
    const int null = open("/dev/null", O_RDWR);
    for (int file = 0; file < 64; file++)
        if (file != null)
            (void)dup2(null, file);
}
ACT(output_to_full) {
    const int full = open("/dev/full", O_WRONLY);
    (void)dup2(full, 1), (void)dup2(full, 2);
    (void)!write(2, "lost", 4);
}
ACT(input_from_itself) {
    int ends[2];
    (void)!pipe(ends);
    (void)dup2(ends[0], 0);
}
ACT(talk_to_everybody) {
    for (int file = 3; file < 64; file++)
        (void)!write(file, "??????????????????????????", 26);
}

/* Its handlers. */
ACT(fault_without_handler) {
    signal(SIGSEGV, SIG_DFL);
    *nowhere = 1;
}
ACT(fault_ignored) {
    signal(SIGSEGV, SIG_IGN);
    *nowhere = 1;
}
ACT(fault_blocked) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    *nowhere = 1;
}
ACT(fault_without_stack) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    (void)sigaltstack(&none, NULL);
    *nowhere = 1;
}
static void jump_back(int number) {
    (void)number;
    *nowhere = 1;
}
ACT(fault_in_own_handler) {
    signal(SIGUSR2, jump_back);
    raise(SIGUSR2);
}
ACT(wait_for_a_signal) {
    sigset_t none;
    sigfillset(&none);
    sigsuspend(&none);
}

/* Its stack. */
ACT(reach_far_down) {
    volatile char here;
    char *far = (char *)&here - ((size_t)4 << 30);
    __asm__ volatile("" : "+r"(far));
    *far = 1;
}
ACT(grow_stack_at_once) {
    const size_t bytes = (size_t)for_ever << 32;
    volatile char *much = __builtin_alloca(bytes);
    much[0] = 1;
}

/* Its threads. */
static void *sleep_on(void *unused) {
    for (;;)
        pause();
    return unused;
}
static void *spin_on(void *unused) {
    while (for_ever)
        sched_yield();
    return unused;
}
static void *end_all(void *unused) {
    (void)unused;
    _exit(7);
}
static void start(void *(*what)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, what, NULL) == 0)
        pthread_detach(thread);
}
ACT(leave_threads_asleep) {
    for (int i = 0; i < 100; i++)
        start(sleep_on);
}
ACT(leave_a_thread_spinning) { start(spin_on); }
ACT(end_by_another_thread) {
    start(end_all);
    while (for_ever)
        pause();
}
ACT(cancel_itself) {
    pthread_cancel(pthread_self());
    pthread_testcancel();
}
ACT(detach_itself) { pthread_detach(pthread_self()); }
ACT(rob_locks) { (void)syscall(SYS_set_robust_list, (void *)8, 24); }

/* Who it is. */
ACT(become_nobody) { (void)!setuid(65534); }
ACT(become_nobody_raw) { (void)syscall(SYS_setresuid, 65534, 65534, 65534); }
ACT(leave_group) { (void)setpgid(0, getpgid(getppid())); }
ACT(begin_session) { (void)setsid(); }
ACT(hide) { (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
ACT(move_root) { (void)!chroot("/proc"); }
ACT(live_in_spaces_of_its_own) {
    (void)unshare(CLONE_FS | CLONE_FILES | CLONE_NEWNS | CLONE_NEWNET);
}
ACT(come_first) {
    const struct sched_param most = {.sched_priority = 1};
    (void)sched_setscheduler(0, SCHED_FIFO, &most);
}
ACT(never_out_of_memory) {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY);
    (void)!write(file, "-1000", 5);
}
ACT(no_more_files) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_NOFILE, &none);
}
ACT(no_more_memory) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_AS, &none);
}
ACT(no_more_stack) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_STACK, &none);
}

/* Ways around a filter of system calls. */
ACT(ring_of_calls) {
    struct io_uring_params how = {0};
    const long ring = syscall(SYS_io_uring_setup, 4, &how);
    if (ring >= 0)
        close((int)ring);
}
ACT(fault_for_ever) {
    const long faults = syscall(SYS_userfaultfd, O_CLOEXEC);
    struct uffdio_api api = {.api = UFFD_API};
    char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct uffdio_register how = {
        {(uintptr_t)page, 4096}, UFFDIO_REGISTER_MODE_MISSING, 0};
    if (faults < 0 || ioctl((int)faults, UFFDIO_API, &api) != 0 ||
        ioctl((int)faults, UFFDIO_REGISTER, &how) != 0)
        return;
    *page = 1;
}
ACT(clone_the_new_way) {
    uint64_t arguments[8] = {0, 0, 0, 0, SIGCHLD};
    if (syscall(SYS_clone3, arguments, sizeof arguments) == 0)
        _exit(9); /* the child */
}

/* Standing still, and never ending: without a thread in a call. */
static void from_a_timer(int number) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1000000}}, 0);
}
ACT(timer_stops_itself) { from_a_timer(SIGSTOP); }
ACT(timer_asks_to_stop) { from_a_timer(SIGTTIN); }
ACT(tell_nobody_of_its_end) { (void)syscall(SYS_set_tid_address, &uses); }

/* What a root could do to the machine, and no other user. */
ACT(slow_down_its_user) { (void)setpriority(PRIO_USER, 12345, 0); }
ACT(come_last_to_disk_with_its_user) { (void)syscall(SYS_ioprio_set, 3, 12345, 3 << 13); }
ACT(reach_for_the_machine) {
    struct timex clock = {.modes = ADJ_TICK, .tick = 10000};
    if (adjtimex(&clock) >= 0)
        __builtin_trap();
#if defined(SYS_iopl)
    if (syscall(SYS_iopl, 3) == 0)
        __builtin_trap();
#endif
}
