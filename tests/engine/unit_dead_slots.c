/* SPDX-License-Identifier: MIT */
/* unit_dead_slots: which slots are overwritten before they are looked at, for frames of each kind. */
#include "program/dead_slots.h"

#include <stdio.h>
#include <string.h>

#include "program/image.h"

/* The call whose frame it is about returns to `name`_at; slots are of 8 bytes at -8, -16, -24 and -32. */
#define CODE(name, before, after)                                                        \
    __asm__(".text\n" #name ":\n push %rbp\n mov %rsp, %rbp\n sub $64, %rsp\n" before    \
            "\n call hook_quiet\n" #name "_at:\n" after "\n leave\n ret\n" #name         \
            "_end:\n");                                                                  \
    extern const char name[], name##_at[], name##_end[];

__asm__(".text\nhook_quiet: ret\nhook_write: ret\nhook_compare: ret\nhook_twice: ret\n"
        "hook_assembly: ret\nbegin_catch: ret\nelsewhere: ret\n");
extern const char hook_quiet[], hook_write[], hook_compare[], hook_twice[],
    hook_assembly[], begin_catch[];

CODE(overwritten, "",
     "movq $0, -8(%rbp)\n mov %eax, -16(%rbp)\n mov -8(%rbp), %rax\n"
     "mov -16(%rbp), %rax\n mov -24(%rbp), %eax\n movups %xmm0, -48(%rbp)")
CODE(added_to, "",
     "addq $1, -8(%rbp)\n cmpb $0, -16(%rbp)\n setne -24(%rbp)\n mov -24(%rbp), %rax")
CODE(on_one_side, "",
     "je 1f\n movq $0, -8(%rbp)\n movq $0, -16(%rbp)\n"
     "1: mov -8(%rbp), %rax\n movq $0, -16(%rbp)")
CODE(round_a_loop, "1: mov -8(%rbp), %rax\n movq $0, -16(%rbp)",
     "mov -16(%rbp), %rbx\n jne 1b")
CODE(announced, "lea -8(%rbp), %rax\n mov %rax, %rdi\n call hook_write",
     "lea -8(%rbp), %rdi\n call hook_write\n mov %rbx, -8(%rbp)\n mov -8(%rbp), %rcx")
CODE(compared, "",
     "lea -8(%rbp), %rsi\n call hook_compare\n lea -16(%rbp), %rdi\n call hook_write")
CODE(passed_on, "lea -8(%rbp), %rdi\n call elsewhere", "")
CODE(passed_to_an_atomic, "", "lea -8(%rbp), %rdi\n call hook_quiet")
CODE(stored_away, "lea -8(%rbp), %rax\n mov %rax, (%rbx)", "")
CODE(kept_in_a_slot, "lea -8(%rbp), %rax\n mov %rax, -16(%rbp)", "")
CODE(counted_from, "", "lea -8(%rbp), %rax\n add $8, %rax")
CODE(brought_along, "lea -8(%rbp), %rax\n jmp 1f\n 1:", "")
CODE(of_the_frame_itself, "mov %rbp, %rax", "")
CODE(indexed, "", "mov -32(%rbp,%rax,8), %rcx")
CODE(by_the_stack, "", "mov (%rsp), %rcx")
CODE(unknown, "", "vpxor %xmm0, %xmm0, %xmm0")
CODE(calls_another, "", "call elsewhere\n mov -8(%rbp), %rax")
CODE(lands_here, "", "call elsewhere\n leave\n ret\n mov -8(%rbp), %rax")
CODE(lands_behind_a_throw, "",
     "call elsewhere\n movq $0, -8(%rbp)\n call elsewhere\n call begin_catch\n"
     "mov -8(%rbp), %rax")
CODE(around_a_nested_one, "lea -8(%rbp), %r10\n call elsewhere", "")
CODE(into_a_vector, "",
     "movq -8(%rbp), %xmm0\n movd %xmm0, -16(%rbp)\n movq %xmm0, -24(%rbp)\n"
     "mov -16(%rbp), %rax")
CODE(a_bit_somewhere, "", "bt %rax, -64(%rbp)")
CODE(swapped, "", "lea -8(%rbp), %rax\n xchg %rax, %r8\n mov %r8, (%rbx)")
CODE(partly_replaced, "", "lea -8(%rbp), %rax\n mov %bx, %ax\n mov %rax, (%rbx)")
CODE(comes_back_twice, "call hook_twice", "call elsewhere\n movq $0, -8(%rbp)")
CODE(through_a_table, "", "jmp *(%rbx,%rax,8)\n 1: jmp 1b")
CODE(taken_back, "", "pop %rbx")
CODE(announced_by_assembly, "",
     "lea -32(%rsp), %rsp\n pushfq\n push %rax\n lea -8(%rbp), %rax\n push %rax\n push "
     "$7\n"
     "push $8\n call hook_assembly\n lea 24(%rsp), %rsp\n pop %rax\n popfq\n lea "
     "32(%rsp), %rsp\n"
     "mov %rax, -8(%rbp)")
CODE(done_by_assembly, "",
     "pushfq\n push %rax\n lea -8(%rbp), %rax\n push %rax\n push $2\n push $8\n"
     "call hook_assembly\n lea 24(%rsp), %rsp\n pop %rax\n popfq")

enum { ALL = 15, NOTHING = 0 };

/* Bit i: all of the slot at -8 * (i + 1) is dead. */
static const struct {
    const char *name, *start, *at, *end;
    unsigned dead;
} cases[] = {
#define CASE(name, dead) {#name, name, name##_at, name##_end, dead}
    CASE(overwritten, 1 | 8),
    CASE(added_to, 8),
    CASE(on_one_side, 2 | 4 | 8),
    CASE(round_a_loop, 4 | 8),
    CASE(announced, ALL),
    CASE(compared, 2 | 4 | 8),
    CASE(passed_on, NOTHING),
    CASE(passed_to_an_atomic, NOTHING),
    CASE(stored_away, NOTHING),
    CASE(kept_in_a_slot, NOTHING),
    CASE(counted_from, NOTHING),
    CASE(brought_along, NOTHING),
    CASE(of_the_frame_itself, NOTHING),
    CASE(indexed, NOTHING),
    CASE(by_the_stack, NOTHING),
    CASE(unknown, NOTHING),
    CASE(calls_another, 2 | 4 | 8),
    CASE(lands_here, NOTHING),
    CASE(lands_behind_a_throw, NOTHING),
    CASE(around_a_nested_one, NOTHING),
    CASE(into_a_vector, 4 | 8),
    CASE(a_bit_somewhere, NOTHING),
    CASE(swapped, NOTHING),
    CASE(partly_replaced, NOTHING),
    CASE(comes_back_twice, NOTHING),
    CASE(through_a_table, NOTHING),
    CASE(taken_back, NOTHING),
    CASE(announced_by_assembly, ALL),
    CASE(done_by_assembly, NOTHING),
};

enum { CASES = sizeof cases / sizeof *cases };

bool image_catches(const struct image *image) {
    (void)image;
    return false;
}

bool image_function(const struct image *image, uintptr_t address, uintptr_t *start,
                    uintptr_t *end) {
    (void)image;
    for (unsigned i = 0; i < CASES; i++) {
        *start = (uintptr_t)cases[i].start;
        *end = (uintptr_t)cases[i].end;
        if (address >= *start && address < *end)
            return true;
    }
    return false;
}

uintptr_t image_symbol(const struct image *image, const char *name) {
    (void)image;
    return strcmp(name, "__cxa_begin_catch") == 0 ? (uintptr_t)begin_catch : 0;
}

static uintptr_t served(const char *name) {
    static const struct {
        const char *name, *code;
    } hooks[] = {
        {"__tsan_atomic32_load", hook_quiet},
        {"__tsan_write8", hook_write},
        {"__tsan_atomic64_compare_exchange_strong", hook_compare},
        {"_setjmp", hook_twice},
        {"__heald_assembly", hook_assembly},
    };
    for (unsigned i = 0; i < sizeof hooks / sizeof *hooks; i++)
        if (strcmp(hooks[i].name, name) == 0)
            return (uintptr_t)hooks[i].code;
    return 0;
}

/* Is a difference in byte `below` under the frame's base one that nobody looks at? */
static bool hides(const char *at, unsigned below) {
    struct frame {
        uintptr_t returns_to;
        uint8_t slots[64];
        uintptr_t base;
    } frame = {.returns_to = (uintptr_t)at};
    struct frame other = frame;

    other.slots[64 - below] = 1;
    return dead_slots_hide((uintptr_t)&frame, (uintptr_t)&frame.base,
                           (const uint8_t *)&frame, (const uint8_t *)&other,
                           sizeof frame);
}

int main(void) {
    int wrong = 0;
    dead_slots_open(NULL, served);
    for (unsigned i = 0; i < CASES; i++) {
        unsigned dead = 0;
        for (unsigned slot = 0; slot < 4; slot++) {
            bool is_dead = true;
            for (unsigned byte = 1; byte <= 8; byte++)
                is_dead = is_dead && hides(cases[i].at, slot * 8 + byte);
            dead |= (unsigned)is_dead << slot;
        }
        if (dead != cases[i].dead && ++wrong)
            printf("%s: %x, not %x\n", cases[i].name, dead, cases[i].dead);
    }
    return wrong != 0;
}
