/* SPDX-License-Identifier: MIT */
/*
 * jump_calls: setjmp and longjmp, and the handlers that run when a thread ends half-way.
 *
 * Jumps     Registers go into the program's own buffer by the C library's function, which must see the
 *           caller's frame: a stub announces the buffer and jumps there.
 * Cleanup   pthread_cleanup_push in C is a setjmp whose buffers form a list; pthread_exit jumps to the
 *           newest, which runs its handler and asks for the next.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"
#include "program/threads.h"

/* What every buffer has; that of a handler ends there. */
enum { REGISTERS = offsetof(struct __jmp_buf_tag, __saved_mask) };

__attribute__((used)) void jump_announce(const void *buffer, const void *caller);

void jump_announce(const void *buffer, const void *caller) {
    access_ask_block(ACTION_WRITE, buffer, REGISTERS, runtime_site(caller, false));
}

#if defined(__x86_64__)
#define JUMP_STUB(name, real)                                                            \
    __asm__(".text\n.p2align 4\n.hidden stub_" name "\n.globl stub_" name "\n"           \
            ".type stub_" name ",@function\nstub_" name ":\n"                            \
            "    pushq %rdi\n    pushq %rsi\n    pushq %rsi\n"                           \
            "    movq 24(%rsp), %rsi\n    call jump_announce\n"                          \
            "    popq %rsi\n    popq %rsi\n    popq %rdi\n"                              \
            "    jmp *" real "@GOTPCREL(%rip)\n.size stub_" name ",.-stub_" name "\n")
#elif defined(__aarch64__)
#define JUMP_STUB(name, real)                                                            \
    __asm__(".text\n.p2align 4\n.hidden stub_" name "\n.globl stub_" name "\n"           \
            ".type stub_" name ",%function\nstub_" name ":\n"                            \
            "    stp x0, x1, [sp, #-32]!\n    str x30, [sp, #16]\n    mov x1, x30\n"     \
            "    bl jump_announce\n    ldr x30, [sp, #16]\n"                             \
            "    ldp x0, x1, [sp], #32\n    b " real "\n.size stub_" name                \
            ",.-stub_" name "\n")
#endif

JUMP_STUB("setjmp", "_setjmp");
JUMP_STUB("sigsetjmp", "__sigsetjmp");
extern const char stub_setjmp[], stub_sigsetjmp[];

/* From a copy without a mask of signals: the host's own is not the program's. */
__attribute__((noreturn)) static void jump(const void *buffer, int value) {
    struct __jmp_buf_tag copy;

    memcpy(&copy, buffer, REGISTERS);
    copy.__mask_was_saved = 0;
    longjmp(&copy, value);
}

SERVE(void, longjmp, (struct __jmp_buf_tag * buffer, int value)) {
    access_ask_block(ACTION_READ, buffer, REGISTERS, SITE);
    jump(buffer, value);
}

SERVE(void, __pthread_register_cancel, (__pthread_unwind_buf_t * buffer)) {
    struct fiber_thread *thread = runtime_thread();

    buffer->__pad[0] = thread->cleanup;
    thread->cleanup = buffer;
}

SERVE(void, __pthread_unregister_cancel, (__pthread_unwind_buf_t * buffer)) {
    runtime_thread()->cleanup = buffer->__pad[0];
}

__attribute__((noreturn)) static void run_next(struct fiber_thread *thread) {
    __pthread_unwind_buf_t *buffer = thread->cleanup;

    if (!buffer)
        thread_finish(thread->exit_result);
    jump(buffer->__cancel_jmp_buf, 1);
}

SERVE(void, pthread_exit, (uintptr_t result)) {
    struct fiber_thread *thread = runtime_thread();

    thread->exit_result = result;
    run_next(thread);
}

SERVE(void, __pthread_unwind_next, (__pthread_unwind_buf_t * buffer)) {
    struct fiber_thread *thread = runtime_thread();

    thread->cleanup = buffer->__pad[0];
    run_next(thread);
}

const struct service jump_services[] = {
    {"setjmp", stub_setjmp},
    {"_setjmp", stub_setjmp},
    {"__sigsetjmp", stub_sigsetjmp},
    SERVICE(longjmp),
    SERVICE_AS("_longjmp", longjmp),
    SERVICE_AS("siglongjmp", longjmp),
    SERVICE(pthread_exit),
    SERVICE(__pthread_register_cancel),
    SERVICE(__pthread_unregister_cancel),
    SERVICE(__pthread_unwind_next),
    {0},
};
