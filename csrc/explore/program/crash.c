/* SPDX-License-Identifier: MIT */
/* crash: see crash.h. */
#define _GNU_SOURCE
#include "program/crash.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "failure.h"
#include "program/runtime.h"

enum {
    ALTERNATE_STACK = 128 * 1024,
    TICK_MS = 100,
    NULL_PAGE = 65536,
    EXIT_ENGINE_BUG = 5
};

static char alternate_stack[ALTERNATE_STACK] __attribute__((aligned(64)));

static uintptr_t program_counter(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#else
    return context->uc_mcontext.pc;
#endif
}

static uint32_t place_of(uintptr_t counter) {
    const struct image *image = &the_runtime->image;
    /* Places are return addresses: one behind the instruction. */
    return image_is_code(image, counter) ? (uint32_t)(counter - image->base) + 1
                                         : the_runtime->last_site;
}

static int is_stack_guard(uintptr_t address) {
    return layout_is_stack(address) && (address - LAYOUT_STACKS) % LAYOUT_STACK_SLOT <
                                           LAYOUT_STACK_SLOT - LAYOUT_STACK_BYTES;
}

/* Stacks grow down: what comes to another thread's guard came from elsewhere, or ran beyond its stack's upper end. */
static int is_own_guard(uintptr_t address) {
    return is_stack_guard(address) &&
           (address - LAYOUT_STACKS) / LAYOUT_STACK_SLOT == runtime_thread()->id;
}

static enum explore_failure_kind describe_access(uintptr_t address, char *text,
                                                 size_t room) {
    uintptr_t offset;
    const char *name;

    if (is_own_guard(address)) {
        snprintf(text, room,
                 "the stack of %d MiB overflowed: recursion without end, or local "
                 "variables too large",
                 (int)(LAYOUT_STACK_BYTES >> 20));
        return FAILURE_STACK_OVERFLOW;
    }
    name = image_name(&the_runtime->image, address, &offset);
    if (name)
        snprintf(text, room, "write to constant `%s`", name);
    else if (address == 0)
        snprintf(text, room,
                 "access through a null pointer, or one that cannot be an address");
    else if (address < NULL_PAGE)
        snprintf(text, room, "access through a null pointer (offset %lu)",
                 (unsigned long)address);
    else
        snprintf(text, room,
                 is_stack_guard(address) ? "access beyond the end of a thread's stack"
                                         : "access to memory that is not the program's");
    return FAILURE_WILD_ACCESS;
}

/* Put over what has no hook (heald/building/rust/hooks.py). */
static bool is_hookless(uintptr_t address) {
    static const unsigned char stop[] = {0x0f, 0x0b, 'h', 'e'};

    return image_is_code(&the_runtime->image, address) &&
           memcmp((const void *)address, stop, sizeof stop) == 0;
}

static enum explore_failure_kind describe(int number, const siginfo_t *info, char *text,
                                          size_t room) {
    switch (number) {
    case SIGFPE:
        snprintf(text, room,
                 info->si_code == FPE_INTDIV ? "division by zero, or its result does "
                                               "not fit"
                                             : "arithmetic fault");
        return FAILURE_ARITHMETIC;
    case SIGILL:
        if (is_hookless((uintptr_t)info->si_addr)) {
            snprintf(text, room,
                     "an atomic operation that LLVM's pass has no hook for (fetch_max, "
                     "fetch_min): use compare_exchange in a loop");
            return FAILURE_UNSUPPORTED;
        }
        __attribute__((fallthrough));
    case SIGTRAP:
        snprintf(text, room, "illegal instruction: __builtin_trap, or a jump into data");
        return FAILURE_ILLEGAL;
    case SIGSYS:
        snprintf(text, room,
                 "system call number %d, made behind the explorer's back: it starts "
                 "processes, writes files, connects or signals, and is not made",
                 info->si_syscall);
        return FAILURE_UNSUPPORTED;
    default:
        return describe_access((uintptr_t)info->si_addr, text, room);
    }
}

static void engine_bug(int number) {
    static const char text[] = "engine bug: a signal while the search ran: ";
    const char *name = sigabbrev_np(number);
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);

    if (name)
        ignored = write(STDERR_FILENO, name, strlen(name));
    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    _exit(EXIT_ENGINE_BUG);
}

static void on_fault(int number, siginfo_t *info, void *context) {
    char text[RUNTIME_MESSAGE];

    if (number == SIGSEGV && image_touch(&the_runtime->image, (uintptr_t)info->si_addr))
        return;
    if (!the_runtime->current)
        engine_bug(number);
    uint32_t site = place_of(program_counter(context));
    enum explore_failure_kind kind = describe(number, info, text, sizeof text);
    runtime_crash(kind, site, text, context);
}

static void on_tick(int number, siginfo_t *info, void *context) {
    static uint64_t seen_steps;
    uintptr_t counter = program_counter(context);

    (void)number;
    (void)info;
    if (!the_runtime->current || the_runtime->steps != seen_steps) {
        seen_steps = the_runtime->steps;
        the_runtime->idle_ms = 0;
        return;
    }
    the_runtime->idle_ms += TICK_MS;
    if (the_runtime->idle_ms < the_runtime->endless_ms ||
        !image_is_code(&the_runtime->image, counter))
        return;
    char text[RUNTIME_MESSAGE];
    snprintf(text, sizeof text, RUNTIME_ENDLESS "%s", the_runtime->endless_ms,
             " (a plain flag that the compiler read once and for all?)");
    the_runtime->idle_ms = 0;
    runtime_crash(FAILURE_ENDLESS, place_of(counter), text, context);
}

void crash_take_off(void *context) {
    uintptr_t counter = program_counter(context);

    if (!the_runtime->current || !image_is_code(&the_runtime->image, counter))
        return;
    runtime_note_busy(place_of(counter));
    runtime_cut(context);
}

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

/* Whose the faults are while the program is loaded, and who had them before. */
static struct {
    void (*handler)(int number);
    struct sigaction before[sizeof faults / sizeof *faults];
} loading;

/* A fault in the engine's own code is no resolver's: who had it before has it again. */
static void on_loading_fault(int number, siginfo_t *info, void *context) {
    extern const char __executable_start, etext;
    uintptr_t counter = program_counter(context);

    (void)info;
    if (counter < (uintptr_t)&__executable_start || counter >= (uintptr_t)&etext)
        loading.handler(number);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &loading.before[i], NULL);
}

void crash_catch(void (*handler)(int number)) {
    struct sigaction action = {.sa_sigaction = on_loading_fault, .sa_flags = SA_SIGINFO};

    loading.handler = handler;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &action, &loading.before[i]);
}

void crash_install(void) {
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigaction(faults[i], &action, NULL);
    action.sa_sigaction = on_tick;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigaction(SIGPROF, &action, NULL);
    struct itimerval timer = {.it_interval = {.tv_usec = TICK_MS * 1000},
                              .it_value = {.tv_usec = TICK_MS * 1000}};
    setitimer(ITIMER_PROF, &timer, NULL);
}
