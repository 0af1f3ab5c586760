/* SPDX-License-Identifier: MIT */
/*
 * entry: how the program calls into the runtime.
 *
 * Why       What the program calls `pthread_create` must not be the host's own pthread_create. The
 *           loader binds the program's symbols to functions named serve_..., by the tables below.
 * How       SERVE defines one such function. SERVE_READ does the same behind a stub that first
 *           notes the registers of the program in `spin_entry`: for reads, which loops wait on.
 *           SITE names the place in the program that called; use it in the function itself only.
 */
#ifndef EXPLORE_ENTRY_H
#define EXPLORE_ENTRY_H

#include <stdint.h>

#include "program/spin.h"

struct service {
    const char *name;
    const void *address; /* of a function, or of a variable */
};

#define SERVE(result, name, parameters)                                                  \
    __attribute__((used)) result serve_##name parameters;                                \
    result serve_##name parameters

#if defined(__x86_64__)
#define ENTRY_STUB(name)                                                                 \
    __asm__(".text\n.p2align 4\n"                                                        \
            ".globl stub_" #name "\n.hidden stub_" #name "\n"                            \
            ".type stub_" #name ",@function\n"                                           \
            "stub_" #name ":\n"                                                          \
            "    movq %rsp, spin_entry(%rip)\n"                                          \
            "    movq %rbx, 8+spin_entry(%rip)\n"                                        \
            "    movq %rbp, 16+spin_entry(%rip)\n"                                       \
            "    movq %r12, 24+spin_entry(%rip)\n"                                       \
            "    movq %r13, 32+spin_entry(%rip)\n"                                       \
            "    movq %r14, 40+spin_entry(%rip)\n"                                       \
            "    movq %r15, 48+spin_entry(%rip)\n"                                       \
            "    jmp serve_" #name "\n"                                                  \
            ".size stub_" #name ",.-stub_" #name "\n")
#elif defined(__aarch64__)
#define ENTRY_STUB(name)                                                                 \
    __asm__(".text\n.p2align 4\n"                                                        \
            ".globl stub_" #name "\n.hidden stub_" #name "\n"                            \
            ".type stub_" #name ",%function\n"                                           \
            "stub_" #name ":\n"                                                          \
            "    adrp x16, spin_entry\n"                                                 \
            "    add x16, x16, :lo12:spin_entry\n"                                       \
            "    mov x17, sp\n"                                                          \
            "    stp x17, x19, [x16, #0]\n"                                              \
            "    stp x20, x21, [x16, #16]\n"                                             \
            "    stp x22, x23, [x16, #32]\n"                                             \
            "    stp x24, x25, [x16, #48]\n"                                             \
            "    stp x26, x27, [x16, #64]\n"                                             \
            "    stp x28, x29, [x16, #80]\n"                                             \
            "    stp d8, d9, [x16, #96]\n"                                               \
            "    stp d10, d11, [x16, #112]\n"                                            \
            "    stp d12, d13, [x16, #128]\n"                                            \
            "    stp d14, d15, [x16, #144]\n"                                            \
            "    b serve_" #name "\n"                                                    \
            ".size stub_" #name ",.-stub_" #name "\n")
#else
#error "no entry stub for this machine"
#endif

#define SERVE_READ(result, name, parameters)                                             \
    ENTRY_STUB(name);                                                                    \
    result stub_##name parameters;                                                       \
    SERVE(result, name, parameters)

#define SERVICE(name) {#name, (const void *)serve_##name}
#define SERVICE_READ(name) {#name, (const void *)stub_##name}
#define SERVICE_AS(name, function) {name, (const void *)serve_##function}

#define SITE runtime_site(__builtin_return_address(0), false)
/* The same below a SERVE_READ whose first action may stand for the program's state. */
#define ENTERED_SITE runtime_site(__builtin_return_address(0), true)
/* The same where other actions may come first. */
#define NOTED_SITE runtime_noted_site(__builtin_return_address(0))

#endif
