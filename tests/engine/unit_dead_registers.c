/* SPDX-License-Identifier: MIT */
/* unit_dead_registers: what is overwritten before it is looked at, for code of each kind. */
#include "program/dead_registers.h"

#include <stdio.h>

enum { RBX = 1, RBP = 2, R12 = 4, R13 = 8, R14 = 16, R15 = 32 };

#define CODE(name, text)                                                                 \
    __asm__(".text\n" #name ":\n" text "\n ret\n");                                      \
    extern const char name[];

CODE(moved, "mov %eax, %ebx\n mov %rax, %rbp\n mov (%rdi), %r12d")
CODE(cleared, "xor %ebx, %ebx\n sub %r13, %r13\n mov $7, %r14d\n mov $7, %r15")
CODE(extended, "movzbl %al, %ebx\n movslq %eax, %r12\n lea 4(%rax,%rcx,2), %rbp")
CODE(popped, "pop %rbx\n pop %r12\n pop %r15")
CODE(looked_at, "mov %ebx, %eax\n test %rbp, %rbp\n push %r12\n add %r13d, %r13d")
CODE(then_overwritten, "test %ebx, %ebx\n mov $0, %ebx\n cmp %r12, %rax\n pop %r12")
CODE(in_address, "mov 8(%rbx,%r12,4), %rbx\n mov (%r13), %r13\n lea (,%r14,8), %r14")
CODE(in_part, "mov %al, %bl\n mov %ax, %r12w\n mov $1, %r13b\n mov %bh, %al")
CODE(second_byte, "mov %bh, %al\n mov $0, %ebx\n movzbl %bpl, %eax\n pop %rbp")
CODE(stored, "mov %rbx, (%rdi)\n mov %eax, (%r12)\n mov $3, %ebx\n mov $3, %r12d")
CODE(kept_by_condition, "cmove %eax, %ebx\n mov $0, %ebx")
CODE(on_one_side, "je 1f\n mov %eax, %ebx\n mov $0, %r12d\n ret\n 1: mov %eax, %ebx")
CODE(one_side_looks, "je 1f\n mov $0, %ebx\n ret\n 1: mov %ebx, %eax\n mov $0, %ebx")
CODE(behind_a_jump, "jmp 1f\n mov %ebx, %eax\n 1: mov $0, %ebx")
CODE(behind_a_call, "call *moved_to(%rip)\n mov $0, %ebx")
CODE(behind_an_unknown, "vpxor %xmm0, %xmm0, %xmm0\n mov $0, %ebx")
CODE(in_a_loop, "1: dec %eax\n jne 1b\n mov $0, %ebx")
CODE(exchanged, "xchg %rbx, %rax\n pop %rbx\n lock xadd %r12, (%rdi)\n pop %r12")
CODE(of_vectors, "movq %rbx, %xmm0\n pop %rbx\n movdqu (%r12), %xmm1\n pop %r12")
__asm__("moved_to: .quad 0\n");

static const struct {
    const char *name, *code;
    unsigned dead;
} cases[] = {
    {"moved", moved, RBX | RBP | R12},
    {"cleared", cleared, RBX | R13 | R14 | R15},
    {"extended", extended, RBX | R12 | RBP},
    {"popped", popped, RBX | R12 | R15},
    {"looked at", looked_at, 0},
    {"then overwritten", then_overwritten, 0},
    {"in an address", in_address, 0},
    {"in part", in_part, 0},
    {"second byte", second_byte, 0},
    {"stored", stored, 0},
    {"kept by a condition", kept_by_condition, 0},
    {"on one side", on_one_side, RBX},
    {"one side looks", one_side_looks, 0},
    {"behind a jump", behind_a_jump, RBX},
    {"behind a call", behind_a_call, 0},
    {"behind an unknown", behind_an_unknown, 0},
    {"exchanged", exchanged, 0},
    {"of vectors", of_vectors, 0},
};

int main(void) {
    int wrong = 0;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned dead = dead_registers((unsigned long)cases[i].code);
        if (dead != cases[i].dead && ++wrong)
            printf("%s: %x, not %x\n", cases[i].name, dead, cases[i].dead);
    }
    unsigned spinning = dead_registers((unsigned long)in_a_loop); /* whatever it is, it ends */
    if (spinning & ~(unsigned)RBX && ++wrong)
        printf("in a loop: %x\n", spinning);
    return wrong != 0;
}
