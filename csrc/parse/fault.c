/* SPDX-License-Identifier: MIT */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "fault.h"

#include "confine.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
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

#if !PARSE_CHECKED /* a sanitizer reports better itself, and then ends the process */
static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, LATE};
#define CAUGHT (sizeof caught / sizeof *caught)
static struct sigaction previous[CAUGHT];
static volatile unsigned long calls_then; /* begun at the last tick */

/* Nothing else is unreadable so near to the stack pointer. */
static int is_by_stack(const void *address, const ucontext_t *context) {
#if defined(__x86_64__)
    uintptr_t top = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    uintptr_t top = (uintptr_t)context->uc_mcontext.sp;
#else
    uintptr_t top = 0;
    (void)context;
#endif
    return (uintptr_t)address - (top - NEAR_STACK) < NEAR_STACK + 4096;
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

struct fault fault_call(struct parse_call *call) {
    raised = 0;
    raised_at = NULL;
    raised_by_stack = 0;
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
                          .system_call = raised_for_call};
}
