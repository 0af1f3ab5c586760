/* SPDX-License-Identifier: MIT */
/*
 * assembly_calls: machine instructions that no compiler's hook announces, as actions.
 *
 * Why       Inline assembly reads and writes shared memory without a word, and so does what the compiler
 *           expands after it has instrumented (structures by value, block moves). The assembly is
 *           rewritten before it is assembled (heald/building/assembly): in front of each such
 *           instruction stands a call to here, with what the instruction does.
 * How       What is read comes from the search and is put into the scratch bytes on the stack; the
 *           instruction itself then runs on these instead of on memory, so that registers and flags
 *           come out as the processor makes them. Where that is not possible it is done here.
 * Strength  As on x86: loads acquire, stores release, what is locked is a full fence on both sides.
 * Spinning  All registers are on the stack while the search is asked, so a loop that waits is
 *           recognised as behind any hook (spin.h). Those that hold nothing are zeroed first.
 * Frame     Lowest address first: what the stub pushed, the return address, what the caller pushed.
 */
#include "calls/tables.h"

#if defined(__x86_64__)
#include <stdbool.h>
#include <string.h>

#include "calls/atomics.h"
#include "calls/time_calls.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/late_write.h"
#include "program/runtime.h"

enum assembly_what { /* the numbers that rewriting writes */
                     ASSEMBLY_LOAD,
                     ASSEMBLY_STORE,
                     ASSEMBLY_RMW,
                     ASSEMBLY_CAS,
                     ASSEMBLY_FENCE,
                     ASSEMBLY_CLOCK,
                     ASSEMBLY_READ,  /* plain; `immediate` bytes */
                     ASSEMBLY_WRITE, /* likewise */
                     ASSEMBLY_REFUSE,
                     ASSEMBLY_STORE_BACK, /* of what an instruction left in the scratch bytes */
                     ASSEMBLY_BIT, /* bts and its like: the operand is a bit's number */
                     ASSEMBLY_CAS_PAIR, /* cmpxchg8b, cmpxchg16b */
};

enum {
    RAX,
    RCX,
    RDX,
    RBX,
    REGISTERS = 16,
    OPERAND_IMMEDIATE = 16, /* 0 to 15: a register; from 17: ah, ch, dh, bh */
    CARRY_FLAG = 1,
    ZERO_FLAG = 64,
};

struct assembly_frame {
    uint64_t registers[REGISTERS]; /* as x86 numbers them, but for rax and rsp */
    uint64_t return_address;
    int64_t immediate;
    uint64_t code;
    uint64_t address;
    uint64_t rax;
    uint64_t flags;
    uint64_t scratch[4]; /* two for the value; the address, for STORE_BACK */
};

static unsigned bits_of(const struct assembly_frame *frame, unsigned at, unsigned count) {
    return (unsigned)(frame->code >> at) & ((1u << count) - 1);
}

static enum assembly_what what_of(const struct assembly_frame *frame) {
    return (enum assembly_what)bits_of(frame, 0, 4);
}

static enum action_op op_of(const struct assembly_frame *frame) {
    return (enum action_op)bits_of(frame, 4, 4);
}

static unsigned size_of(const struct assembly_frame *frame) {
    return 1u << bits_of(frame, 8, 3);
}

static bool counts(const struct assembly_frame *frame) { return bits_of(frame, 16, 1); }

static uint64_t *register_of(struct assembly_frame *frame, unsigned number) {
    return number == RAX ? &frame->rax : &frame->registers[number];
}

static uint64_t operand_of(struct assembly_frame *frame) {
    unsigned operand = bits_of(frame, 11, 5);
    if (operand == OPERAND_IMMEDIATE)
        return (uint64_t)frame->immediate;
    if (operand > OPERAND_IMMEDIATE)
        return *register_of(frame, operand - OPERAND_IMMEDIATE - 1) >> 8;
    return *register_of(frame, operand);
}

static uint64_t cut(uint64_t value, unsigned size) {
    return size < 8 ? value & ((UINT64_C(1) << 8 * size) - 1) : value;
}

/* What a call has left in registers and nobody uses must not tell two rounds of a loop apart. */
static void forget_dead(struct assembly_frame *frame) {
    static const uint8_t caller_saved[] = {0, 1, 2, 6, 7, 8, 9, 10, 11};
    unsigned dead = bits_of(frame, 18, 9);

    for (unsigned i = 0; i < sizeof caller_saved; i++)
        if (dead >> i & 1)
            *register_of(frame, caller_saved[i]) = 0;
    if (bits_of(frame, 27, 1))
        frame->flags = 2;
}

/* Nothing promises that an access at an odd address is one: it is plain then. */
static bool is_odd(const struct assembly_frame *frame) {
    return frame->address & (size_of(frame) - 1);
}

static void load(struct assembly_frame *frame, uint32_t site) {
    void *address = (void *)frame->address;
    unsigned size = size_of(frame);

    frame->scratch[2] = frame->address;
    if (is_odd(frame)) {
        access_ask(ACTION_READ, address, size, site);
        memcpy(frame->scratch, address, size);
        return;
    }
    wide value = atomics_load(address, size, ORDER_ACQUIRE, site);
    frame->scratch[0] = (uint64_t)value;
}

static void store(struct assembly_frame *frame, uint64_t address, uint64_t value,
                  uint32_t site) {
    unsigned size = size_of(frame);

    value = cut(value, size);
    if (address & (size - 1)) {
        access_ask(ACTION_WRITE, (void *)address, size, site);
        memcpy((void *)address, &value, size);
        return;
    }
    atomics_store((void *)address, value, size, ORDER_RELEASE, site);
}

/* --- what is locked ----------------------------------------------------------------------- */

static void locked_rmw(struct assembly_frame *frame, uint32_t site) {
    unsigned size = size_of(frame);
    uint64_t operand = cut(operand_of(frame), size);

    frame->scratch[0] = (uint64_t)atomics_rmw((void *)frame->address, operand, size,
                                              op_of(frame), ORDER_SEQ_CST, site);
}

static void locked_cas(struct assembly_frame *frame, uint32_t site) {
    unsigned size = size_of(frame);
    wide value = cut(frame->rax, size);

    atomics_cas((void *)frame->address, &value, cut(operand_of(frame), size), size, false,
                ORDER_SEQ_CST, ORDER_SEQ_CST, site);
    frame->scratch[0] = (uint64_t)value;
}

static void locked_cas_pair(struct assembly_frame *frame, uint32_t site) {
    unsigned half = size_of(frame) / 2;
    uint64_t *low = register_of(frame, RAX), *high = register_of(frame, RDX);
    wide value = cut(*low, half) | (wide)cut(*high, half) << 8 * half;
    wide desired = cut(*register_of(frame, RBX), half) |
                   (wide)cut(*register_of(frame, RCX), half) << 8 * half;

    frame->flags &= ~(uint64_t)ZERO_FLAG;
    if (atomics_cas((void *)frame->address, &value, desired, 2 * half, false,
                    ORDER_SEQ_CST, ORDER_SEQ_CST, site)) {
        frame->flags |= ZERO_FLAG;
        return;
    }
    *low = cut((uint64_t)value, half);
    *high = cut((uint64_t)(value >> 8 * half), half);
}

/* The bit's number may reach beyond the operand: the one that is meant then lies further on. */
static void locked_bit(struct assembly_frame *frame, uint32_t site) {
    unsigned size = size_of(frame), bits = 8 * size;
    uint64_t number = operand_of(frame);
    int64_t bit =
        size == 2 ? (int16_t)number : (size == 4 ? (int32_t)number : (int64_t)number);
    uint64_t address = frame->address;
    if (bits_of(frame, 11, 5) == OPERAND_IMMEDIATE)
        bit &= bits - 1;
    address += (uint64_t)((bit - (bit & (bits - 1))) / bits * size);
    uint64_t mask = UINT64_C(1) << (bit & (bits - 1));
    enum action_op op = op_of(frame);
    uint64_t operand = op == OP_AND ? cut(~mask, size) : mask;
    uint64_t old =
        (uint64_t)atomics_rmw((void *)address, operand, size, op, ORDER_SEQ_CST, site);
    frame->flags &= ~(uint64_t)CARRY_FLAG;
    frame->flags |= old & mask ? CARRY_FLAG : 0;
}

typedef void locked_action(struct assembly_frame *, uint32_t);

static void locked(struct assembly_frame *frame, uint32_t site, locked_action *act) {
    atomics_fence(ORDER_SEQ_CST, site);
    act(frame, site);
    atomics_fence(ORDER_SEQ_CST, site);
}

/* --- the rest ----------------------------------------------------------------------------- */

static void block(struct assembly_frame *frame, enum action_kind kind, uint32_t site) {
    size_t bytes = (size_t)frame->immediate * (counts(frame) ? frame->registers[RCX] : 1);
    late_write_block(kind, (void *)frame->address, bytes, site);
}

static void read_clock(struct assembly_frame *frame) {
    uint64_t now = time_look();
    frame->rax = (uint32_t)now;
    frame->registers[RDX] = now >> 32;
}

static void act(struct assembly_frame *frame, uint32_t site) {
    switch (what_of(frame)) {
    case ASSEMBLY_LOAD:
        load(frame, site);
        return;
    case ASSEMBLY_STORE:
        store(frame, frame->address, operand_of(frame), site);
        return;
    case ASSEMBLY_STORE_BACK:
        store(frame, frame->scratch[2], frame->scratch[0], site);
        return;
    case ASSEMBLY_RMW:
        locked(frame, site, locked_rmw);
        return;
    case ASSEMBLY_CAS:
        locked(frame, site, locked_cas);
        return;
    case ASSEMBLY_CAS_PAIR:
        locked(frame, site, locked_cas_pair);
        return;
    case ASSEMBLY_BIT:
        locked(frame, site, locked_bit);
        return;
    case ASSEMBLY_FENCE:
        atomics_fence((int)frame->immediate, site);
        return;
    case ASSEMBLY_CLOCK:
        read_clock(frame);
        return;
    case ASSEMBLY_READ:
        block(frame, ACTION_READ, site);
        return;
    case ASSEMBLY_WRITE:
        block(frame, ACTION_WRITE, site);
        return;
    case ASSEMBLY_REFUSE:
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "`%s`: the explorer does not know what this does to memory",
                     (const char *)frame->address);
    }
}

__attribute__((used)) void assembly_enter(struct assembly_frame *frame);

void assembly_enter(struct assembly_frame *frame) {
    uint32_t site = runtime_site((const void *)frame->return_address, true);

    if (what_of(frame) != ASSEMBLY_STORE_BACK)
        memset(frame->scratch, 0, sizeof frame->scratch);
    forget_dead(frame);
    act(frame, site);
}

/* Notes the registers as entry.h does. `keep` saves those of other kinds, which C code may change: from the
   stack pointer that it leaves up to rbp all bytes count when a loop is compared. A 0 is there, where calls
   have their return address: the code behind assembly is not read (dead_registers.h). */
#define ASSEMBLY_STUB(name, keep, restore)                                               \
    __asm__(".text\n.p2align 4\n"                                                        \
            ".globl stub_" #name "\n.hidden stub_" #name "\n"                            \
            ".type stub_" #name ",@function\n"                                           \
            "stub_" #name ":\n"                                                          \
            "    pushq %r15\n    pushq %r14\n    pushq %r13\n    pushq %r12\n"           \
            "    pushq %r11\n    pushq %r10\n    pushq %r9\n    pushq %r8\n"             \
            "    pushq %rdi\n    pushq %rsi\n    pushq %rbp\n    pushq $0\n"             \
            "    pushq %rbx\n    pushq %rdx\n    pushq %rcx\n    pushq $0\n"             \
            "    movq %rbx, 8+spin_entry(%rip)\n"                                        \
            "    movq %rbp, 16+spin_entry(%rip)\n"                                       \
            "    movq %r12, 24+spin_entry(%rip)\n"                                       \
            "    movq %r13, 32+spin_entry(%rip)\n"                                       \
            "    movq %r14, 40+spin_entry(%rip)\n"                                       \
            "    movq %r15, 48+spin_entry(%rip)\n"                                       \
            "    movq %rsp, %rbp\n    cld\n" keep "    movq %rsp, spin_entry(%rip)\n"    \
            "    andq $-16, %rsp\n"                                                      \
            "    movq %rbp, %rdi\n"                                                      \
            "    call assembly_enter\n" restore "    movq %rbp, %rsp\n"                  \
            "    addq $8, %rsp\n    popq %rcx\n    popq %rdx\n    popq %rbx\n"           \
            "    addq $8, %rsp\n    popq %rbp\n    popq %rsi\n    popq %rdi\n"           \
            "    popq %r8\n    popq %r9\n    popq %r10\n    popq %r11\n"                 \
            "    popq %r12\n    popq %r13\n    popq %r14\n    popq %r15\n"               \
            "    ret\n"                                                                  \
            ".size stub_" #name ",.-stub_" #name "\n");                                  \
    extern const char stub_##name[]

#define ASSEMBLY_ROOM(bytes)                                                             \
    "    subq $" #bytes ", %rsp\n    andq $-64, %rsp\n    movq %rsp, %rdi\n"             \
    "    movq %rbp, %rcx\n    subq %rdi, %rcx\n    shrq $3, %rcx\n"                      \
    "    xorl %eax, %eax\n    rep stosq\n"

ASSEMBLY_STUB(assembly, "", "");

ASSEMBLY_STUB(assembly_vectors,
              ASSEMBLY_ROOM(512) "    fxsave64 (%rsp)\n    pushq $0\n    pushq $0\n",
              "    fxrstor64 16(%rsp)\n");

/* ymm, zmm and mask registers, too. */
ASSEMBLY_STUB(assembly_wide,
              ASSEMBLY_ROOM(4096) "    movl $0xE7, %eax\n    xorl %edx, %edx\n"
                                  "    xsave64 (%rsp)\n    pushq $0\n    pushq $0\n",
              "    movl $0xE7, %eax\n    xorl %edx, %edx\n    xrstor64 16(%rsp)\n");

const struct service assembly_services[] = {
    {"__heald_assembly", stub_assembly},
    {"__heald_assembly_vectors", stub_assembly_vectors},
    {"__heald_assembly_wide", stub_assembly_wide},
    {0},
};
#elif defined(__aarch64__)
#include "calls/atomics.h"
#include "failure.h"
#include "program/runtime.h"

SERVE(void, __heald_assembly_refused, (const char *text)) {
    runtime_fail(FAILURE_UNSUPPORTED, SITE,
                 "`%s`: the explorer does not know what this does to memory", text);
}

__attribute__((used)) void assembly_fence(int order, const void *caller);

void assembly_fence(int order, const void *caller) {
    atomics_fence(order, runtime_site(caller, false));
}

/* A barrier changes no register; x16, x17 and x30 are kept where it is called. */
#define FENCE_STUB(order)                                                                \
    __asm__(".text\n.p2align 4\n"                                                        \
            ".globl stub_fence_" #order "\n.hidden stub_fence_" #order "\n"              \
            ".type stub_fence_" #order ",%function\n"                                    \
            "stub_fence_" #order ":\n"                                                   \
            "    mrs x16, nzcv\n    stp x16, x30, [sp, #-192]!\n"                        \
            "    stp x0, x1, [sp, #16]\n    stp x2, x3, [sp, #32]\n"                     \
            "    stp x4, x5, [sp, #48]\n    stp x6, x7, [sp, #64]\n"                     \
            "    stp x8, x9, [sp, #80]\n    stp x10, x11, [sp, #96]\n"                   \
            "    stp x12, x13, [sp, #112]\n    stp x14, x15, [sp, #128]\n"               \
            "    str x18, [sp, #144]\n    sub sp, sp, #512\n"                            \
            "    stp q0, q1, [sp]\n    stp q2, q3, [sp, #32]\n"                          \
            "    stp q4, q5, [sp, #64]\n    stp q6, q7, [sp, #96]\n"                     \
            "    stp q8, q9, [sp, #128]\n    stp q10, q11, [sp, #160]\n"                 \
            "    stp q12, q13, [sp, #192]\n    stp q14, q15, [sp, #224]\n"               \
            "    stp q16, q17, [sp, #256]\n    stp q18, q19, [sp, #288]\n"               \
            "    stp q20, q21, [sp, #320]\n    stp q22, q23, [sp, #352]\n"               \
            "    stp q24, q25, [sp, #384]\n    stp q26, q27, [sp, #416]\n"               \
            "    stp q28, q29, [sp, #448]\n    stp q30, q31, [sp, #480]\n"               \
            "    mov w0, #" #order "\n    mov x1, x30\n    bl assembly_fence\n"          \
            "    ldp q0, q1, [sp]\n    ldp q2, q3, [sp, #32]\n"                          \
            "    ldp q4, q5, [sp, #64]\n    ldp q6, q7, [sp, #96]\n"                     \
            "    ldp q8, q9, [sp, #128]\n    ldp q10, q11, [sp, #160]\n"                 \
            "    ldp q12, q13, [sp, #192]\n    ldp q14, q15, [sp, #224]\n"               \
            "    ldp q16, q17, [sp, #256]\n    ldp q18, q19, [sp, #288]\n"               \
            "    ldp q20, q21, [sp, #320]\n    ldp q22, q23, [sp, #352]\n"               \
            "    ldp q24, q25, [sp, #384]\n    ldp q26, q27, [sp, #416]\n"               \
            "    ldp q28, q29, [sp, #448]\n    ldp q30, q31, [sp, #480]\n"               \
            "    add sp, sp, #512\n    ldr x18, [sp, #144]\n"                            \
            "    ldp x0, x1, [sp, #16]\n    ldp x2, x3, [sp, #32]\n"                     \
            "    ldp x4, x5, [sp, #48]\n    ldp x6, x7, [sp, #64]\n"                     \
            "    ldp x8, x9, [sp, #80]\n    ldp x10, x11, [sp, #96]\n"                   \
            "    ldp x12, x13, [sp, #112]\n    ldp x14, x15, [sp, #128]\n"               \
            "    ldp x16, x30, [sp], #192\n    msr nzcv, x16\n    ret\n"                 \
            ".size stub_fence_" #order ",.-stub_fence_" #order "\n");                    \
    extern const char stub_fence_##order[]

FENCE_STUB(2);
FENCE_STUB(5);

const struct service assembly_services[] = {
    SERVICE(__heald_assembly_refused),
    {"__heald_assembly_fence_2", stub_fence_2},
    {"__heald_assembly_fence_5", stub_fence_5},
    {0},
};
#else
const struct service assembly_services[] = {{0}};
#endif
