/* SPDX-License-Identifier: MIT */
/*
 * hostile: what a subject can do to its process, its runner and its machine, one act an
 * operation; and beside it what looks like it and is fine.
 *
 * An act is done once, after a hundred uses by any thread, so that samples were finished before.
 * Nothing here would do harm if nobody stopped it: signals to others have number 0.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct state {
    _Atomic int value;
};

static _Atomic int uses;
static volatile int for_ever = 1;
static void *volatile kept;

#define ACT(name)                                                                        \
    void name(struct state *state);                                                      \
    static void act_##name(struct state *state);                                         \
    void name(struct state *state) {                                                     \
        static _Atomic int done;                                                         \
        if (atomic_fetch_add(&uses, 1) >= 100 && !atomic_exchange(&done, 1))             \
            act_##name(state);                                                           \
    }                                                                                    \
    static void act_##name(__attribute__((unused)) struct state *state)

static void handled(int number) { (void)number; }

/* Signals to itself. */
ACT(raise_term) { raise(SIGTERM); }
ACT(raise_hup) { raise(SIGHUP); }
ACT(raise_int) { raise(SIGINT); }
ACT(raise_quit) { raise(SIGQUIT); }
ACT(raise_usr1) { raise(SIGUSR1); }
ACT(raise_io) { raise(SIGIO); }
ACT(raise_xcpu) { raise(SIGXCPU); }
ACT(raise_realtime) { raise(SIGRTMIN); }
ACT(raise_tstp) { raise(SIGTSTP); }
ACT(raise_segv) { raise(SIGSEGV); }
ACT(raise_sys) { raise(SIGSYS); }
ACT(raise_kill) { raise(SIGKILL); }
ACT(raise_stop) { raise(SIGSTOP); }
ACT(kill_itself) { kill(getpid(), SIGTERM); }
ACT(pthread_kill_itself) { pthread_kill(pthread_self(), SIGTERM); }
ACT(queue_to_itself) { sigqueue(getpid(), SIGUSR2, (union sigval){0}); }
ACT(reset_and_raise) {
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
}
ACT(broken_pipe) {
    int ends[2];
    if (pipe(ends) == 0 && close(ends[0]) == 0)
        (void)!write(ends[1], "", 1);
}
ACT(set_alarm) { alarm(1); }
ACT(set_timer) { setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 1000}}, NULL); }
ACT(set_profiling_timer) {
    setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 1000}}, NULL);
}
ACT(create_timer) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1000000}}, NULL);
}
ACT(limit_own_time) { setrlimit(RLIMIT_CPU, &(struct rlimit){0, 0}); }

/* Processes and signals to others. */
ACT(call_fork) {
    while (fork() >= 0)
        continue;
}
ACT(call_vfork) {
    if (vfork() == 0)
        _exit(0);
}
ACT(call_clone) { syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
ACT(call_system) { (void)!system("true"); }
ACT(call_popen) { (void)popen("true", "r"); }
ACT(call_spawn) {
    pid_t pid;
    char *arguments[] = {"true", NULL};
    posix_spawnp(&pid, "true", NULL, NULL, arguments, NULL);
}
ACT(call_exec) { execl("/bin/true", "true", (char *)NULL); }
ACT(call_daemon) { (void)!daemon(1, 1); }
ACT(fork_with_signals_blocked) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    (void)fork();
}
#if defined(__x86_64__)
ACT(fork_as_32_bit) { __asm__ volatile("int $0x80" ::"a"(2) : "memory"); }
ACT(fork_as_x32) { syscall(0x40000000 | SYS_fork); }
#endif
ACT(kill_parent) { kill(getppid(), 0); }
ACT(kill_group) { kill(0, 0); }
ACT(kill_everyone) { kill(-1, 0); }
ACT(kill_thread_of_another) { syscall(SYS_tkill, getppid(), 0); }
ACT(queue_to_parent) { sigqueue(getppid(), 0, (union sigval){0}); }
ACT(signal_by_descriptor) { syscall(SYS_pidfd_send_signal, -1, 0, NULL, 0); }
ACT(trace_itself) { ptrace(PTRACE_TRACEME, 0, 0, 0); }
ACT(write_into_parent) {
    struct iovec none = {NULL, 0};
    process_vm_writev(getppid(), &none, 1, &none, 1, 0);
}
ACT(filter_itself) { syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL); }
static int watched_end(int owner, int number) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    fcntl(ends[0], F_SETOWN, owner);
    fcntl(ends[0], F_SETSIG, number);
    fcntl(ends[0], F_SETFL, O_ASYNC);
    return ends[1];
}
ACT(input_kills_itself) { (void)!write(watched_end(getpid(), SIGKILL), "", 1); }
ACT(input_signals_parent) { (void)!write(watched_end(getppid(), SIGUSR1), "", 1); }
ACT(slow_down_parent) { setpriority(PRIO_PROCESS, (id_t)getppid(), 19); }
ACT(idle_parent) { sched_setscheduler(getppid(), SCHED_IDLE, &(struct sched_param){0}); }
ACT(move_parent) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(getppid(), sizeof one, &one);
}
ACT(limit_parent) {
    syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, &(struct rlimit){1024, 1024}, 0);
}
ACT(timer_kills_itself) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1000000}}, NULL);
}
ACT(filter_itself_by_prctl) { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); }
ACT(mount_nothing) { mount("", "", NULL, 0, NULL); }
ACT(unmount_nothing) { umount2("", 0); }
ACT(set_clock) { clock_settime(CLOCK_MONOTONIC, &(struct timespec){0, 0}); }
ACT(boot_again) { syscall(SYS_reboot, 0, 0, 0, 0); }
ACT(name_machine) { syscall(SYS_sethostname, NULL, -1); }
ACT(take_descriptor_of_another) { syscall(SYS_pidfd_getfd, -1, 0, 0); }
ACT(outlive_parent) { prctl(PR_SET_PDEATHSIG, 0); }

/* Ends. */
ACT(exit_0) { exit(0); }
ACT(exit_3) { exit(3); }
ACT(exit_at_once_0) { _exit(0); }
ACT(exit_at_once_3) { _exit(3); }
ACT(exit_quickly) { quick_exit(0); }
ACT(end_thread) { pthread_exit(NULL); }
ACT(call_abort) { abort(); }
ACT(trap) { __builtin_trap(); }

/* Memory. */
ACT(write_null) { *(volatile int *)kept = 1; }
ACT(call_null) { ((void (*volatile)(void))kept)(); }
ACT(write_code) { *(volatile char *)(uintptr_t)&handled = 1; }
static int deeper(volatile int *above) {
    volatile int here[64];
    here[0] = *above + 1;
    return deeper(here) + here[0];
}
#if defined(__x86_64__)
ACT(fault_in_handler) { /* which takes over the flag that unaligned accesses are faults */
    __asm__ volatile("pushf; orl $0x40000, (%%rsp); popf" ::: "memory", "cc");
    *(volatile int *)((char *)&uses + 1);
}
#endif
ACT(overflow_stack) {
    volatile int start = 0;
    (void)deeper(&start);
}
ACT(allocate) {
    for (;;)
        memset(malloc(1 << 20), 1, 1 << 20);
}
ACT(map_without_end) {
    for (;;) {
        void *pages = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(pages, 1, 1 << 20);
    }
}
ACT(free_twice) {
    void *volatile block = malloc(5000);
    free(block);
    free(block);
}
ACT(free_what_is_no_block) {
    char *volatile block = malloc(24);
    free(block + 8);
}
ACT(write_one_past) { ((volatile char *)(state + 1))[0] = 1; }
ACT(write_eight_past) { memset(state + 1, 1, 8); }
ACT(write_zero_past) { memset(state + 1, 0, 8); }
ACT(write_a_page_past) { memset(state + 1, 1, 4096); }
ACT(write_before) { memset((char *)state - 8, 1, 8); }

/* What maps of this process are named, and can be written to. */
static void write_maps(const char *name, int byte, size_t most) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    unsigned long from, to;
    uintptr_t begin[64], end[64];
    size_t count = 0;
    while (maps != NULL && count < 64 && fgets(line, sizeof line, maps) != NULL)
        if (strstr(line, " rw") != NULL && strstr(line, name) != NULL &&
            sscanf(line, "%lx-%lx", &from, &to) == 2) {
            begin[count] = from;
            end[count++] = to;
        }
    for (size_t i = 0; i < count; i++) {
        size_t bytes = end[i] - begin[i];
        memset((void *)begin[i], byte, bytes < most ? bytes : most); /* NOLINT */
    }
    usleep(1000);
}
ACT(fill_recorder_with_ones) {
    write_maps("heald-stress", 0xff, 4096);
    __builtin_trap();
}
ACT(fill_recorder_with_zeroes) {
    write_maps("heald-stress", 0, 4096);
    __builtin_trap();
}
ACT(fill_all_of_the_recorder) { write_maps("heald-stress", 0x7f, (size_t)4 << 20); }
ACT(fill_stack) { write_maps("[stack]", 0xff, SIZE_MAX); }
ACT(fill_library) {
    write_maps("/libc", 0xff, SIZE_MAX);
    kept = malloc(100);
    free(kept);
    abort(); /* not every C library trips over it by itself */
}
ACT(fill_everything) { write_maps("", 0xff, SIZE_MAX); }
ACT(unmap_itself) {
    uintptr_t page = (uintptr_t)&uses & ~(uintptr_t)4095;
    munmap((void *)page, 4096); /* NOLINT */
    atomic_fetch_add(&uses, 1);
}

/* Time. */
ACT(spin) {
    while (for_ever)
        continue;
}
ACT(spin_unwakeable) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (for_ever)
        continue;
}
ACT(sleep_for_ever) {
    for (;;)
        pause();
}
ACT(read_for_ever) {
    int ends[2];
    char byte;
    if (pipe(ends) == 0)
        (void)!read(ends[0], &byte, 1);
}
ACT(lock_twice) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&mutex);
}

/* What is fine. */
ACT(do_nothing) {}
ACT(input_signals_itself) {
    signal(SIGUSR1, handled);
    (void)!write(watched_end(getpid(), SIGUSR1), "", 1);
}
ACT(slow_down_itself) { setpriority(PRIO_PROCESS, 0, 1); }
ACT(handle_own_signal) {
    signal(SIGUSR1, handled);
    raise(SIGUSR1);
}
ACT(handle_own_alarm) {
    signal(SIGALRM, handled);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 1000}}, NULL);
}
ACT(ignore_broken_pipe) {
    signal(SIGPIPE, SIG_IGN);
    act_broken_pipe(state);
}
static void *nothing(void *argument) { return argument; }
ACT(make_a_thread) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
}
ACT(allow_more_files) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_CPU, &limit);
}
ACT(write_last_byte) { memset(state, 0, sizeof *state); }
ACT(name_itself) { prctl(PR_SET_NAME, "worker"); }
ACT(reach_for_memory_of_parent) {
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/mem", getppid());
    if (open(name, O_RDWR) >= 0)
        __builtin_trap();
}
ACT(close_everything) {
    for (int descriptor = 0; descriptor < 1024; descriptor++)
        close(descriptor);
}
ACT(open_everything) {
    for (int i = 0; i < 4096 && open("/dev/null", O_RDONLY) >= 0; i++)
        continue;
}
ACT(go_elsewhere) {
    (void)!chdir("/");
    umask(0777);
}
ACT(write_much) {
    FILE *file = tmpfile();
    static char block[1 << 16];
    for (int i = 0; file != NULL && i < 64; i++)
        if (fwrite(block, sizeof block, 1, file) != 1)
            break;
    if (file != NULL)
        fclose(file);
}
ACT(print_controls) {
    for (int i = 0; i < 1000; i++)
        printf("\x1b[2J\x1b]0;title\x07 \xff\xfe\r\n");
    fflush(stdout);
}
