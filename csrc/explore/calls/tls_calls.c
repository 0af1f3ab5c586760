/* SPDX-License-Identifier: MIT */
/*
 * tls_calls: where the program's thread-local variables are.
 *
 * Why       All fibers share one OS thread and its thread pointer, so the system's own thread-local
 *           blocks would be one for all. Compiled code asks a function for the address of a
 *           variable, in one of two dialects; both are answered with the fiber's own block.
 * Dialects  __tls_get_addr: an ordinary call. Descriptors (the only dialect of clang on AArch64,
 *           -mtls-dialect=gnu2 on x86-64): the descriptor's function gets its address in the
 *           register of the result, returns the distance from the thread pointer and keeps all
 *           other registers, even those that a call may destroy.
 * Source    Oliva, de Melo, Speeding Up Thread-Local Storage Access in Dynamic Libraries in the ARM
 *           platform, 2006; ELF for the Arm 64-bit Architecture, section on TLS descriptors.
 */
#include "calls/tables.h"
#include "program/entry.h"
#include "program/runtime.h"

struct tls_index {
    uint64_t module;
    uint64_t offset;
};

static uintptr_t thread_pointer(void) {
    uintptr_t pointer;
#if defined(__x86_64__)
    __asm__("movq %%fs:0, %0" : "=r"(pointer));
#else
    __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#endif
    return pointer;
}

static uintptr_t own_block(void) {
    return LAYOUT_TLS + runtime_thread()->id * LAYOUT_TLS_SLOT;
}

SERVE(void *, __tls_get_addr, (const struct tls_index *index)) {
    return (void *)(own_block() + index->offset);
}

struct tls_descriptor {
    uintptr_t function;
    uintptr_t offset;
};

uintptr_t tls_descriptor_distance(const struct tls_descriptor *descriptor);
__attribute__((used)) uintptr_t
tls_descriptor_distance(const struct tls_descriptor *descriptor) {
    return own_block() + descriptor->offset - thread_pointer();
}

void tls_descriptor(void);

#if defined(__x86_64__)
#define EACH_VECTOR(of)                                                                  \
    of(0) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(8) of(9) of(10) of(11) of(12)     \
        of(13) of(14) of(15)
#define SAVE(n) "    movups %xmm" #n ", 16*" #n "(%rsp)\n"
#define LOAD(n) "    movups 16*" #n "(%rsp), %xmm" #n "\n"
__asm__(".text\n.p2align 4\n"
        ".globl tls_descriptor\n.hidden tls_descriptor\n"
        ".type tls_descriptor,@function\n"
        "tls_descriptor:\n"
        "    pushq %rbp\n"
        "    movq %rsp, %rbp\n"
        "    pushq %rcx\n    pushq %rdx\n    pushq %rsi\n    pushq %rdi\n"
        "    pushq %r8\n    pushq %r9\n    pushq %r10\n    pushq %r11\n"
        "    subq $256, %rsp\n"
        "    andq $-16, %rsp\n" EACH_VECTOR(
            SAVE) "    movq %rax, %rdi\n"
                  "    call tls_descriptor_distance\n" EACH_VECTOR(
                      LOAD) "    leaq -64(%rbp), %rsp\n"
                            "    popq %r11\n    popq %r10\n    popq %r9\n    popq %r8\n"
                            "    popq %rdi\n    popq %rsi\n    popq %rdx\n    popq %rcx\n"
                            "    popq %rbp\n"
                            "    ret\n"
                            ".size tls_descriptor,.-tls_descriptor\n");
#elif defined(__aarch64__)
#define EACH_PAIR(of)                                                                    \
    of(0, 1, 0) of(2, 3, 1) of(4, 5, 2) of(6, 7, 3) of(16, 17, 4) of(18, 19, 5)          \
        of(20, 21, 6) of(22, 23, 7) of(24, 25, 8) of(26, 27, 9) of(28, 29, 10)           \
            of(30, 31, 11)
#define SAVE(a, b, slot) "    stp q" #a ", q" #b ", [sp, #160 + 32*" #slot "]\n"
#define LOAD(a, b, slot) "    ldp q" #a ", q" #b ", [sp, #160 + 32*" #slot "]\n"
__asm__(
    ".text\n.p2align 4\n"
    ".globl tls_descriptor\n.hidden tls_descriptor\n"
    ".type tls_descriptor,%function\n"
    "tls_descriptor:\n"
    "    sub sp, sp, #544\n"
    "    stp x29, x30, [sp, #0]\n"
    "    stp x1, x2, [sp, #16]\n    stp x3, x4, [sp, #32]\n"
    "    stp x5, x6, [sp, #48]\n    stp x7, x8, [sp, #64]\n"
    "    stp x9, x10, [sp, #80]\n    stp x11, x12, [sp, #96]\n"
    "    stp x13, x14, [sp, #112]\n    stp x15, x16, [sp, #128]\n"
    "    stp x17, x18, [sp, #144]\n" EACH_PAIR(
        SAVE) "    bl tls_descriptor_distance\n" EACH_PAIR(LOAD) "    ldp x17, x18, [sp, "
                                                                 "#144]\n"
                                                                 "    ldp x15, x16, [sp, "
                                                                 "#128]\n    ldp x13, "
                                                                 "x14, [sp, #112]\n"
                                                                 "    ldp x11, x12, [sp, "
                                                                 "#96]\n    ldp x9, x10, "
                                                                 "[sp, #80]\n"
                                                                 "    ldp x7, x8, [sp, "
                                                                 "#64]\n    ldp x5, x6, "
                                                                 "[sp, #48]\n"
                                                                 "    ldp x3, x4, [sp, "
                                                                 "#32]\n    ldp x1, x2, "
                                                                 "[sp, #16]\n"
                                                                 "    ldp x29, x30, [sp, "
                                                                 "#0]\n"
                                                                 "    add sp, sp, #544\n"
                                                                 "    ret\n"
                                                                 ".size "
                                                                 "tls_descriptor,.-tls_"
                                                                 "descriptor\n");
#endif

const struct service tls_services[] = {
    SERVICE(__tls_get_addr),
    {"tls descriptor", (const void *)tls_descriptor}, /* no program can call it by name */
    {0},
};
