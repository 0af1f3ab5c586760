/* SPDX-License-Identifier: MIT */
/*
 * fiber: see fiber.h. The sanitizer's fiber calls let engine tests run under ASan; they are told
 * before every switch where it leads.
 */
#define _GNU_SOURCE
#include "program/fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
static void announce(struct fiber *from, const struct fiber *to) {
    __sanitizer_start_switch_fiber(&from->fake_stack, to->stack_bottom, to->stack_bytes);
}
/* The first arrival on a fiber tells the bounds of the stack it came from. */
static void arrived(void *fake_stack, struct fiber *from) {
    const void *bottom;
    size_t bytes;
    __sanitizer_finish_switch_fiber(fake_stack, &bottom, &bytes);
    if (from && !from->stack_bottom) {
        from->stack_bottom = bottom;
        from->stack_bytes = bytes;
    }
}
static struct fiber *came_from;
#endif

void fiber_as_bytes(void *low, size_t bytes) {
#ifdef FIBER_ASAN
    __asan_unpoison_memory_region(low, bytes);
#else
    (void)low;
    (void)bytes;
#endif
}

#ifndef EXPLORE_UCONTEXT

void fiber_swap_stacks(void **save, void *load);
void fiber_trampoline(void);
void fiber_begin(void (*entry)(void *), void *argument);

#if defined(__x86_64__)
/* Saved below the return address, from low to high: r15 r14 r13 r12 rbx rbp. */
enum { SAVED_WORDS = 6 };
__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_swap_stacks\n"
        ".hidden fiber_swap_stacks\n"
        ".type fiber_swap_stacks,@function\n"
        "fiber_swap_stacks:\n"
        "    .cfi_startproc\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        ".globl fiber_resume\n"
        ".hidden fiber_resume\n"
        "fiber_resume:\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size fiber_swap_stacks,.-fiber_swap_stacks\n"
        ".globl fiber_trampoline\n"
        ".hidden fiber_trampoline\n"
        ".type fiber_trampoline,@function\n"
        "fiber_trampoline:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    movq %r12, %rdi\n"
        "    movq %r13, %rsi\n"
        "    call fiber_begin\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size fiber_trampoline,.-fiber_trampoline\n");
enum {
    ENTRY_WORD = 3,
    ARGUMENT_WORD = 2,
    RETURN_WORD = 6,
    FRAME_WORDS = 9
}; /* 9: aligned after the call */
#else
/* x19..x28, x29, x30, d8..d15: 20 words; x30 is where the switch returns to. */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl fiber_swap_stacks\n"
        ".hidden fiber_swap_stacks\n"
        ".type fiber_swap_stacks,%function\n"
        "fiber_swap_stacks:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        ".globl fiber_resume\n"
        ".hidden fiber_resume\n"
        "fiber_resume:\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size fiber_swap_stacks,.-fiber_swap_stacks\n"
        ".globl fiber_trampoline\n"
        ".hidden fiber_trampoline\n"
        ".type fiber_trampoline,%function\n"
        "fiber_trampoline:\n"
        "    mov x0, x19\n"
        "    mov x1, x20\n"
        "    bl fiber_begin\n"
        "    brk #0\n"
        ".size fiber_trampoline,.-fiber_trampoline\n");
enum { ENTRY_WORD = 0, ARGUMENT_WORD = 1, RETURN_WORD = 11, FRAME_WORDS = 20 };
#endif

extern const char fiber_resume[];

__attribute__((used)) void fiber_begin(void (*entry)(void *), void *argument) {
#ifdef FIBER_ASAN
    arrived(NULL, came_from);
#endif
    entry(argument);
    abort(); /* an entry never returns */
}

void fiber_prepare(struct fiber *fiber, void *bottom, size_t bytes, void (*entry)(void *),
                   void *argument) {
    uintptr_t *frame = (uintptr_t *)((uintptr_t)bottom + bytes) - FRAME_WORDS;

    memset(frame, 0, FRAME_WORDS * sizeof *frame);
    frame[ENTRY_WORD] = (uintptr_t)entry;
    frame[ARGUMENT_WORD] = (uintptr_t)argument;
    frame[RETURN_WORD] = (uintptr_t)fiber_trampoline;
    fiber->stack_pointer = frame;
    fiber->stack_bottom = bottom;
    fiber->stack_bytes = bytes;
    fiber->fake_stack = NULL;
}

void fiber_switch(struct fiber *from, struct fiber *to) {
#ifdef FIBER_ASAN
    announce(from, to);
    came_from = from;
    fiber_swap_stacks(&from->stack_pointer, to->stack_pointer);
    arrived(from->fake_stack, came_from);
#else
    fiber_swap_stacks(&from->stack_pointer, to->stack_pointer);
#endif
}

void fiber_land(struct fiber *to, void *signal_context) {
    ucontext_t *context = signal_context;
#ifdef FIBER_ASAN
    static struct fiber lost;
    announce(&lost, to);
    came_from = &lost;
#endif
#if defined(__x86_64__)
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)(uintptr_t)to->stack_pointer;
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)fiber_resume;
#else
    context->uc_mcontext.sp = (uintptr_t)to->stack_pointer;
    context->uc_mcontext.pc = (uintptr_t)fiber_resume;
#endif
}

#else /* EXPLORE_UCONTEXT */

static void begin(unsigned high, unsigned low) {
    struct fiber *fiber = (struct fiber *)(((uintptr_t)high << 32) | low);
    fiber->entry(fiber->argument);
    abort();
}

void fiber_prepare(struct fiber *fiber, void *bottom, size_t bytes, void (*entry)(void *),
                   void *argument) {
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = bottom;
    fiber->context.uc_stack.ss_size = bytes;
    fiber->context.uc_link = NULL;
    fiber->entry = entry;
    fiber->argument = argument;
    fiber->stack_bottom = bottom;
    fiber->stack_bytes = bytes;
    makecontext(&fiber->context, (void (*)(void))begin, 2,
                (unsigned)((uintptr_t)fiber >> 32), (unsigned)(uintptr_t)fiber);
}

void fiber_switch(struct fiber *from, struct fiber *to) {
    from->stack_pointer = __builtin_frame_address(0);
    swapcontext(&from->context, &to->context);
}

void fiber_land(struct fiber *to, void *signal_context) {
    (void)signal_context;
    setcontext(&to->context);
}

#endif
