/* SPDX-License-Identifier: MIT */
/* death: see death.h */
#define _GNU_SOURCE
#include "death.h"

#include "memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <execinfo.h>
#endif

#define STACK_BYTES ((size_t)64 << 10)
#define SKIPPED_FRAMES 8

static struct stress_recorder *the_recorder;
static _Thread_local uint32_t the_thread;

/* Signals that do not end a process, or that a handler cannot be had for, or shall not:
 * SIGXFSZ is ignored, so that writing too much is an error and not a death. */
static bool is_deadly(int number) {
    switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGTSTP: /* stop it: from outside that is nobody's time */
    case SIGTTIN:
    case SIGTTOU:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGXFSZ:
        return false;
    default:
        return number != DEATH_DUMP_ALL && number != DEATH_DUMP_ONE;
    }
}

static bool is_fault(int number) {
    return number == SIGSEGV || number == SIGBUS || number == SIGILL ||
           number == SIGFPE || number == SIGTRAP || number == SIGSYS;
}

static enum stress_origin origin_of(int number, const siginfo_t *info) {
    if (info->si_code == SI_USER || info->si_code == SI_QUEUE ||
        info->si_code == SI_TKILL)
        return info->si_pid == getpid() ? STRESS_BY_ITSELF : STRESS_BY_ANOTHER;
    return is_fault(number) ? STRESS_BY_FAULT : STRESS_BY_TIMER;
}

static uint64_t instruction_of(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

/* Where a call to a null function came from: its return address is still known. */
static uint64_t caller_of(const ucontext_t *context) {
#if defined(__x86_64__)
    return *(const uint64_t *)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return context->uc_mcontext.regs[30];
#else
    (void)context;
    return 0;
#endif
}

/* The frames of the interrupted code, without those of the handler itself. */
static void write_frames(struct stress_frames *frames, const ucontext_t *context) {
    uint32_t count = 0;
    uint64_t instruction = context == NULL ? 0 : instruction_of(context);
    if (context != NULL) {
        frames->address[count++] = instruction;
        atomic_store_explicit(&frames->count, count, memory_order_release);
        if (instruction == 0)
            frames->address[count++] = caller_of(context);
    }
#if defined(__GLIBC__)
    void *found[STRESS_FRAMES + SKIPPED_FRAMES];
    int total = backtrace(found, (int)(STRESS_FRAMES + SKIPPED_FRAMES));
    int from = 0;
    for (int i = 0; i < total && i < SKIPPED_FRAMES; i++)
        if (context != NULL && (uint64_t)(uintptr_t)found[i] == instruction)
            from = i + 1;
    bool known = from > 0 || context == NULL;
    for (int i = from; known && i < total && count < STRESS_FRAMES; i++)
        frames->address[count++] = (uint64_t)(uintptr_t)found[i];
#endif
    atomic_store_explicit(&frames->count, count, memory_order_release);
}

/* The sixth number of /proc/self/statm: data and stack, in pages. */
static uint64_t data_bytes(void) {
    char text[128];
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof text);
    close(file);
    uint64_t number = 0;
    int field = 0;
    for (ssize_t i = 0; i < length && field < 6; i++) {
        if (text[i] >= '0' && text[i] <= '9')
            number = number * 10 + (uint64_t)(text[i] - '0');
        else if (++field < 6)
            number = 0;
    }
    return number * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* False for all but the first thread to die. */
static bool claim(enum stress_death death) {
    uint32_t alive = STRESS_ALIVE;
    return atomic_compare_exchange_strong(&the_recorder->crash.death, &alive, death);
}

static _Noreturn void wait_for_the_end(void) {
    const struct timespec second = {1, 0};
    nanosleep(&second, NULL);
    _exit(1);
}

static void on_signal(int number, siginfo_t *info, void *context) {
    if (!claim(STRESS_BY_SIGNAL))
        wait_for_the_end();
    struct stress_crash *crash = &the_recorder->crash;
    crash->number = number;
    crash->code = info->si_code;
    crash->thread = the_thread;
    crash->origin = origin_of(number, info);
    if (number == SIGSYS) {
        crash->system_call = info->si_syscall;
        crash->address = info->si_arch;
    } else if (crash->origin == STRESS_BY_FAULT) {
        crash->address = (uint64_t)(uintptr_t)info->si_addr;
    }
    crash->data_bytes = data_bytes();
    write_frames(&crash->frames, context);
    signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

#if defined(__GLIBC__)
static void on_leave(int status, void *unused) {
    (void)unused;
    if (!claim(STRESS_BY_EXIT))
        wait_for_the_end();
    struct stress_crash *crash = &the_recorder->crash;
    crash->number = status;
    crash->thread = the_thread;
    crash->data_bytes = data_bytes();
    write_frames(&crash->frames, NULL);
    _exit(status); /* no further handlers: they belong to the subject */
}
#endif

static void on_dump_all(int number) {
    (void)number;
    for (uint32_t t = 0; t < STRESS_THREADS; t++)
        if (the_recorder->threads[t].tid != 0)
            syscall(SYS_tgkill, getpid(), the_recorder->threads[t].tid, DEATH_DUMP_ONE);
}

static void on_dump_one(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    if (the_thread != 0)
        write_frames(&the_recorder->threads[the_thread - 1].dump, context);
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    action.sa_sigaction = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void use_own_stack(void) {
    stack_t stack = {.ss_sp = memory_guarded(STACK_BYTES), .ss_size = STACK_BYTES};
    if (stack.ss_sp != NULL)
        sigaltstack(&stack, NULL);
}

void death_install(struct stress_recorder *recorder) {
    the_recorder = recorder;
    use_own_stack();
    for (int number = 1; number <= SIGRTMAX; number++)
        if (is_deadly(number))
            handle(number, on_signal);
    handle(DEATH_DUMP_ONE, on_dump_one);
    struct sigaction all = {.sa_handler = on_dump_all,
                            .sa_flags = SA_ONSTACK | SA_RESTART};
    sigemptyset(&all.sa_mask);
    sigaction(DEATH_DUMP_ALL, &all, NULL);
#if defined(__GLIBC__)
    /* The first backtrace loads a library: not in a handler, please. */
    void *frame;
    (void)backtrace(&frame, 1);
    on_exit(on_leave, NULL);
#endif
}

void death_out_of_bounds(struct stress_recorder *recorder, uint32_t thread,
                         uint32_t beyond, uint8_t byte) {
    uint32_t alive = STRESS_ALIVE;
    if (atomic_compare_exchange_strong(&recorder->crash.death, &alive,
                                       STRESS_OUT_OF_BOUNDS)) {
        recorder->crash.number = (int32_t)beyond;
        recorder->crash.code = byte;
        recorder->crash.thread = thread;
        _exit(1);
    }
    wait_for_the_end();
}

void death_watch_thread(uint32_t number) {
    if (the_recorder == NULL)
        return;
    the_thread = number;
    the_recorder->threads[number - 1].tid = (int32_t)syscall(SYS_gettid);
    use_own_stack();
}
