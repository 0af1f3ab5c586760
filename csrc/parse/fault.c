/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fault.h"

#include "confine.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

/* Processor time: on a loaded machine a call that is right may take any time at all. */
#define LATE SIGPROF
#define NEAR_STACK ((uintptr_t)1 << 20)
#define ALTERNATE_STACK_BYTES ((size_t)65536)

static void *alternate_stack;
static sigjmp_buf back;
static volatile sig_atomic_t running;
static volatile unsigned long calls; /* begun so far */
static int raised;
static void *raised_at;
static int raised_by_stack, raised_for_call;
static const void *places[2]; /* the instruction; behind the call that led to it */
static uintptr_t frame;       /* of the function that calls the parser */

#if !PARSE_CHECKED /* a sanitizer reports better itself, and then ends the process */
static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, LATE};
#define CAUGHT (sizeof caught / sizeof *caught)
static struct sigaction previous[CAUGHT];
static volatile unsigned long calls_then; /* begun at the last tick */

static uintptr_t top_of_stack(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.sp;
#else
    (void)context;
    return 0;
#endif
}

/* Nothing else is unreadable so near to the stack pointer. */
static int is_by_stack(const void *address, const ucontext_t *context) {
    return (uintptr_t)address - (top_of_stack(context) - NEAR_STACK) < NEAR_STACK + 4096;
}

/* Functions of the C library that move bytes have no frame: the caller is on top. */
static void note_places(const ucontext_t *context) {
    uintptr_t top = top_of_stack(context);
    int is_sound = top % sizeof(void *) == 0 && frame - top < NEAR_STACK;
#if defined(__x86_64__)
    uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    memcpy(&places[0], &at, sizeof at);
    if (is_sound && !raised_by_stack)
        memcpy(&places[1], (const void *)top, sizeof places[1]);
#elif defined(__aarch64__)
    memcpy(&places[0], &context->uc_mcontext.pc, sizeof places[0]);
    memcpy(&places[1], &context->uc_mcontext.regs[30], sizeof places[1]);
    (void)is_sound;
#else
    (void)is_sound;
#endif
}

/* What the kernel takes; all zero is the default. A parser may not do this: confine.c. */
static void set_default(int number) {
    static const struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } usual;
    syscall(SYS_rt_sigaction, number, &usual, NULL, sizeof usual.mask, CONFINE_OURSELVES);
}

static void hand_back(int number, siginfo_t *info, void *context) {
    for (size_t i = 0; i < CAUGHT; i++) {
        if (caught[i] != number)
            continue;
        if (previous[i].sa_flags & SA_SIGINFO) {
            previous[i].sa_sigaction(number, info, context);
            return;
        }
        if (previous[i].sa_handler != SIG_DFL && previous[i].sa_handler != SIG_IGN) {
            previous[i].sa_handler(number);
            return;
        }
    }
    set_default(number);
    raise(number);
}

static void on_signal(int number, siginfo_t *info, void *context) {
    if (number == LATE) {
        /* One timer for all calls: only a call that saw a whole period pass is late. */
        if (!running || calls != calls_then) {
            calls_then = calls;
            return;
        }
    } else if (!running) {
        hand_back(number, info,
                  context); /* not the parser's: whoever had the signal before decides */
        return;
    }
    raised = number;
    raised_at = number == SIGSEGV || number == SIGBUS ? info->si_addr : NULL;
    raised_for_call = number == SIGSYS ? info->si_syscall : 0;
    raised_by_stack = raised_at != NULL && is_by_stack(raised_at, context);
    note_places(context);
    running = 0;
    siglongjmp(back, 1);
}

static int catch_signals(unsigned time_limit_ms) {
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < CAUGHT; i++)
        if (sigaction(caught[i], &action, &previous[i]))
            return errno;
    struct timeval period = {.tv_sec = time_limit_ms / 1000,
                             .tv_usec = time_limit_ms % 1000 * 1000};
    struct itimerval timer = {.it_interval = period, .it_value = period};
    return setitimer(ITIMER_PROF, &timer, NULL) ? errno : 0;
}

static void release_signals(void) {
    struct itimerval off = {0};
    setitimer(ITIMER_PROF, &off, NULL);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &previous[i], NULL);
}
#else
static int catch_signals(unsigned time_limit_ms) {
    (void)time_limit_ms;
    return 0;
}

static void release_signals(void) {}
#endif

int fault_open(unsigned time_limit_ms) {
    alternate_stack = malloc(ALTERNATE_STACK_BYTES);
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = ALTERNATE_STACK_BYTES};
    if (!alternate_stack || sigaltstack(&stack, NULL))
        return errno;
    return catch_signals(time_limit_ms);
}

void fault_close(void) {
    release_signals();
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    free(alternate_stack);
    alternate_stack = NULL;
}

/* The first place that is in this library: the parser's, or a call that it made. */
static uint64_t place_of_fault(void) {
    Dl_info ours, other;
    if (!raised || !dladdr((const void *)&heald_parser, &ours))
        return 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i] && dladdr(places[i], &other) && other.dli_fbase == ours.dli_fbase)
            return (uintptr_t)places[i] - (uintptr_t)ours.dli_fbase + (i == 0);
    }
    return 0;
}

struct fault fault_call(struct parse_call *call) {
    raised = 0;
    raised_at = NULL;
    raised_by_stack = 0;
    frame = (uintptr_t)__builtin_frame_address(0);
    memset(places, 0, sizeof places);
    if (!sigsetjmp(back, 0)) {
        calls++;
        running = 1;
        call->count = call->function(call->data, call->size, call->records, call->limit,
                                     &call->consumed, &call->result);
        running = 0;
    }
    return (struct fault){.signal = raised,
                          .address = raised_at,
                          .is_stack = raised_by_stack,
                          .at = place_of_fault(),
                          .system_call = raised_for_call};
}
