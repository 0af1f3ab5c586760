/* SPDX-License-Identifier: MIT */
/* frame_code: see frame_code.h. */
#include "program/frame_code.h"

#include <stdbool.h>
#include <string.h>

#include "program/machine_operand.h"

#if defined(__x86_64__)

enum {
    PUSHED = 32,
    READS = 6, /* What.READ and What.WRITE of the assembly's hooks */
    WRITES = 7,
};

#define CALLS_CHANGE 0x0FC7u /* rax rcx rdx rsi rdi r8 to r11 */
#define ARGUMENTS 0x03C6u    /* rcx rdx rsi rdi r8 r9: all that a hook looks at */

/* endbr64 */
static const uint8_t landing[4] = {0xF3, 0x0F, 0x1E, 0xFA};

struct pushed {
    bool is_address;
    int32_t constant; /* or where the slot is, relative to rbp */
};

/* What is known of registers and of what was pushed, at one instruction. */
struct sweep {
    frame_hooks *hooks;
    const uint8_t *start, *end;
    uint32_t addresses;    /* registers that hold the address of a slot */
    int32_t at[REGISTERS]; /* which one, relative to rbp */
    uint32_t pushed_count;
    struct pushed pushed[PUSHED];
};

static bool is_address(const struct sweep *sweep, int number) {
    return number != NO_REGISTER && (sweep->addresses >> number & 1);
}

static void forget(struct sweep *sweep, int number) {
    sweep->addresses &= ~(1u << number);
}

static void hold(struct sweep *sweep, int number, bool is_slot, int32_t at) {
    forget(sweep, number);
    sweep->addresses |= (uint32_t)is_slot << number;
    sweep->at[number] = at;
}

static bool push(struct sweep *sweep, bool is_slot, int32_t constant) {
    if (sweep->pushed_count == PUSHED)
        return false;
    sweep->pushed[sweep->pushed_count++] = (struct pushed){is_slot, constant};
    return true;
}

/* rsp moves by so many bytes. What lay there before the first push is the frame's own. */
static bool move_stack(struct sweep *sweep, int32_t by) {
    if (by % 8 != 0)
        return false;
    for (; by < 0; by += 8)
        if (!push(sweep, false, 0))
            return false;
    for (; by > 0 && sweep->pushed_count; by -= 8)
        sweep->pushed_count--;
    return true;
}

/* No slot's address is anywhere: what jumps here brings none along. */
static bool is_clear(const struct sweep *sweep) {
    for (uint32_t i = 0; i < sweep->pushed_count; i++)
        if (sweep->pushed[i].is_address)
            return false;
    return !sweep->addresses;
}

/* --- instructions ---------------------------------------------------------------------------- */

/* lea: the only way to a slot's address. */
static bool take_address(struct sweep *sweep, const struct machine_operand *operand,
                         bool is_wide) {
    if (operand->base == RBP) {
        if (operand->index != NO_REGISTER || !is_wide || operand->reg == RSP ||
            operand->reg == RBP)
            return false;
        hold(sweep, operand->reg, true, operand->displacement);
        return true;
    }
    if (operand->base == RSP)
        return operand->reg == RSP && operand->index == NO_REGISTER &&
               move_stack(sweep, operand->displacement);
    if (operand->reg == RSP || operand->reg == RBP || operand->index == RBP ||
        is_address(sweep, operand->base) || is_address(sweep, operand->index))
        return false;
    forget(sweep, operand->reg);
    return true;
}

/* The stack pointer moved by a constant. */
static bool adjusts_stack(struct sweep *sweep, const struct machine_instruction *found,
                          const struct machine_operand *operand, bool *is_known) {
    unsigned what = found->operand[0] >> 3 & 7;
    int32_t by = (int8_t)found->operand[1];

    *is_known = operand->direct == RSP && (found->code == 0x81 || found->code == 0x83);
    if (!*is_known)
        return false;
    if (found->code == 0x81)
        memcpy(&by, found->operand + 1, sizeof by);
    if (what == 0)
        return move_stack(sweep, by);
    bool is_lower = (what == 5 || what == 4) && is_clear(sweep);
    sweep->pushed_count = 0; /* from now on part of the frame */
    return is_lower;
}

static bool moves_registers(struct sweep *sweep, const struct machine_instruction *found,
                            const struct machine_operand *operand) {
    int from = found->code == 0x89 ? operand->reg : operand->direct;
    int to = found->code == 0x89 ? operand->direct : operand->reg;

    if (from == RSP || from == RBP || to == RSP || to == RBP)
        return false;
    if ((is_address(sweep, from) || is_address(sweep, to)) && !(found->rex & 8))
        return false;
    hold(sweep, to, is_address(sweep, from), sweep->at[from]);
    return true;
}

static bool in_memory(struct sweep *sweep, const struct machine_instruction *found,
                      const struct machine_operand *operand, struct frame_step *step) {
    if (found->code == 0x0F1E || found->code == 0x0F1F)
        return true;
    if (found->code == 0x0FA3 || operand->index == RBP || operand->base == RSP ||
        is_address(sweep, operand->base) || is_address(sweep, operand->index))
        return false;
    if (operand->base != RBP)
        return true;
    if (operand->index != NO_REGISTER)
        return false;
    uint32_t bytes = machine_operand_overwritten(found, step->at);
    if (bytes) {
        step->written_at = operand->displacement;
        step->written_bytes = bytes;
    } else {
        step->read_at = operand->displacement;
        step->read_bytes = machine_operand_bytes(found);
    }
    return true;
}

static bool with_operand(struct sweep *sweep, const struct machine_instruction *found,
                         struct frame_step *step) {
    struct machine_operand operand = machine_operand_read(found);
    bool is_stack, names_register = machine_operand_names_register(found->code);
    bool adjusted = adjusts_stack(sweep, found, &operand, &is_stack);

    if (is_stack)
        return adjusted;
    if (found->code == 0x8D)
        return take_address(sweep, &operand, found->rex & 8);
    if (operand.direct != NO_REGISTER && (found->code == 0x89 || found->code == 0x8B))
        return moves_registers(sweep, found, &operand);
    if (operand.direct == RSP || operand.direct == RBP ||
        is_address(sweep, operand.direct))
        return machine_operand_is_of_vectors(found->code) &&
               !is_address(sweep, operand.direct);
    if (operand.direct == NO_REGISTER && !in_memory(sweep, found, &operand, step))
        return false;
    if (found->code == 0xFF && (found->operand[0] >> 3 & 7) == 6)
        return push(sweep, false, 0);
    if (!names_register)
        return true;
    if (operand.reg == RSP || operand.reg == RBP)
        return false;
    if (machine_operand_loads_register(found))
        forget(sweep, operand.reg);
    return !is_address(sweep, operand.reg);
}

static bool without_operand(struct sweep *sweep, const struct machine_instruction *found,
                            struct frame_step *step) {
    int number = (int)((found->code & 7) | (found->rex & 1u) << 3);

    if (found->code >= 0x50 && found->code < 0x58)
        return number != RSP && number != RBP &&
               push(sweep, is_address(sweep, number), sweep->at[number]);
    if (found->code >= 0x58 && found->code < 0x60) {
        if (number == RSP || number == RBP)
            return number == RBP && *found->next == 0xC3 && is_clear(sweep);
        if (!sweep->pushed_count) { /* what the function kept when it began */
            step->way = FRAME_UNKNOWN;
            forget(sweep, number);
            return true;
        }
        const struct pushed *last = &sweep->pushed[--sweep->pushed_count];
        hold(sweep, number, last->is_address, last->constant);
        return true;
    }
    if (found->code >= 0xB8 && found->code < 0xC0)
        forget(sweep, number);
    return found->code != 0x90 || !(found->rex & 1); /* else it swaps rax and r8 */
}

/* --- what leaves --------------------------------------------------------------------------------- */

/* A call of the assembly's hook. From the top: two words that say what is done, the address, and what is
   kept meanwhile; a plain access is only announced. */
static bool announces_assembly(const struct sweep *sweep) {
    uint32_t count = sweep->pushed_count;

    if (count < 4 || sweep->pushed[count - 1].is_address ||
        sweep->pushed[count - 2].is_address)
        return false;
    int32_t what = sweep->pushed[count - 2].constant & 15;
    return what == READS || what == WRITES || is_clear(sweep);
}

static bool call(struct sweep *sweep, uintptr_t called, struct frame_step *step) {
    uint32_t bytes = 0;
    enum frame_hook hook = called ? sweep->hooks(called, &bytes) : FRAME_NO_HOOK;
    bool is_hook = hook != FRAME_NO_HOOK && hook != FRAME_TWICE;
    /* A nested function gets the frame around it in r10, and assembly what it likes. */
    uint32_t given = sweep->addresses & (is_hook ? ARGUMENTS : ~0u);

    if (hook == FRAME_ASSEMBLY) /* it keeps all registers */
        return announces_assembly(sweep);
    if (sweep->addresses & ~CALLS_CHANGE)
        return false;
    for (uint32_t i = 0; i < sweep->pushed_count; i++)
        if (sweep->pushed[i].is_address)
            return false;
    step->is_call = !sweep->pushed_count && is_hook;
    step->is_twice = hook == FRAME_TWICE;
    if (!is_hook)
        step->way = FRAME_CALLS;
    if (hook == FRAME_COMPARES && (given >> RSI & 1)) {
        step->read_at = sweep->at[RSI];
        step->read_bytes = bytes;
        given &= ~(1u << RSI);
    }
    sweep->addresses &= ~CALLS_CHANGE;
    return !given || hook == FRAME_ANNOUNCES;
}

static bool jump(struct sweep *sweep, const uint8_t *target, enum frame_way way,
                 struct frame_step *step) {
    if (!is_clear(sweep))
        return false;
    step->way = way;
    step->target = target;
    sweep->pushed_count = 0;
    return true;
}

static int32_t far_of(const uint8_t *at) {
    int32_t far;

    memcpy(&far, at, sizeof far);
    return far;
}

/* What is called in the end: calls may go through a jump beside the code (the procedure linkage table). */
static uintptr_t behind_stub(const uint8_t *at) {
    const uint8_t *jump = at;
    uintptr_t called;

    if (memcmp(jump, landing, sizeof landing) == 0)
        jump += sizeof landing;
    if (*jump == 0xF2)
        jump++;
    if (jump[0] != 0xFF || jump[1] != 0x25)
        return (uintptr_t)at;
    memcpy(&called, jump + 6 + far_of(jump + 2), sizeof called);
    return called;
}

/* FF /2 and /4: calls and jumps through memory or a register. */
static const uint8_t *through(struct sweep *sweep, const uint8_t *at,
                              struct frame_step *step) {
    unsigned rex = (*at & 0xF0) == 0x40 ? *at++ : 0;
    unsigned mod = at[1] >> 6, low = at[1] & 7, middle = at[1] >> 3 & 7;
    struct machine_instruction found = {
        .code = 0xFF, .rex = (uint8_t)rex, .operand = at + 1};

    if (*at != 0xFF || (middle != 2 && middle != 4))
        return NULL;
    struct machine_operand operand = machine_operand_read(&found);
    if (operand.base == RBP || operand.base == RSP || operand.direct == RBP ||
        operand.direct == RSP || operand.index == RBP || operand.index == RSP ||
        is_address(sweep, operand.base) || is_address(sweep, operand.direct) ||
        is_address(sweep, operand.index))
        return NULL; /* its address may be in a slot: seldom worth reading */
    const uint8_t *next = at + 2 + (mod != 3 && low == 4);
    if (mod == 1)
        next += 1;
    else if (mod == 2 || operand.is_absolute)
        next += 4;
    if (middle == 4)
        return jump(sweep, NULL, FRAME_UNKNOWN, step) ? next : NULL;
    uintptr_t called = 0;
    if (operand.is_absolute && low == 5)
        memcpy(&called, next + operand.displacement, sizeof called);
    return call(sweep, called, step) ? next : NULL;
}

/* What ends a run of plain instructions; NULL: it is none of those, or cannot be told. */
static const uint8_t *leaving(struct sweep *sweep, const uint8_t *at,
                              struct frame_step *step) {
    if (*at == 0xC3 || (at[0] == 0x0F && at[1] == 0x0B) || *at == 0xF4)
        return jump(sweep, NULL, FRAME_RETURNS, step) ? at + (*at == 0x0F ? 2 : 1) : NULL;
    if (*at == 0xC9) /* leave */
        return at[1] == 0xC3 && is_clear(sweep) ? at + 1 : NULL;
    if (*at == 0xE8)
        return call(sweep, behind_stub(at + 5 + far_of(at + 1)), step) ? at + 5 : NULL;
    if (*at == 0xE9)
        return jump(sweep, at + 5 + far_of(at + 1), FRAME_JUMPS, step) ? at + 5 : NULL;
    if (*at == 0xEB)
        return jump(sweep, at + 2 + (int8_t)at[1], FRAME_JUMPS, step) ? at + 2 : NULL;
    if ((*at & 0xF0) == 0x70)
        return jump(sweep, at + 2 + (int8_t)at[1], FRAME_BRANCHES, step) ? at + 2 : NULL;
    if (at[0] == 0x0F && (at[1] & 0xF0) == 0x80)
        return jump(sweep, at + 6 + far_of(at + 2), FRAME_BRANCHES, step) ? at + 6 : NULL;
    return through(sweep, at, step);
}

/* What is pushed beside registers: constants and the flags. */
static const uint8_t *pushes(struct sweep *sweep, const uint8_t *at) {
    if (*at == 0x9C)
        return push(sweep, false, 0) ? at + 1 : NULL;
    if (*at == 0x6A)
        return push(sweep, false, (int8_t)at[1]) ? at + 2 : NULL;
    if (*at == 0x68)
        return push(sweep, false, far_of(at + 1)) ? at + 5 : NULL;
    if (*at == 0x9D && sweep->pushed_count &&
        !sweep->pushed[--sweep->pushed_count].is_address)
        return at + 1;
    return NULL;
}

static const uint8_t *next_of(struct sweep *sweep, const uint8_t *at,
                              struct frame_step *step) {
    struct machine_instruction found = machine_code_read(at);

    if (found.shape == MACHINE_UNKNOWN) {
        const uint8_t *next = pushes(sweep, at);
        return next ? next : leaving(sweep, at, step);
    }
    for (int number = 0; number < REGISTERS; number++)
        if ((machine_operand_looks_at(&found) >> number & 1) && is_address(sweep, number))
            return NULL;
    bool has_operand = found.shape == MACHINE_LOADS || found.shape == MACHINE_STORES;
    bool is_told = has_operand ? with_operand(sweep, &found, step)
                               : without_operand(sweep, &found, step);
    return is_told ? found.next : NULL;
}

/* push %rbp; mov %rsp, %rbp */
static const uint8_t *behind_entry(const uint8_t *at) {
    static const uint8_t entry[4] = {0x55, 0x48, 0x89, 0xE5};

    if (memcmp(at, landing, sizeof landing) == 0)
        at += sizeof landing;
    return memcmp(at, entry, sizeof entry) == 0 ? at + sizeof entry : NULL;
}

size_t frame_code_read(const uint8_t *start, const uint8_t *end, frame_hooks *hooks,
                       struct frame_step *steps, size_t most) {
    struct sweep sweep = {.hooks = hooks, .start = start, .end = end};
    size_t count = 0;

    if (end - start < 9)
        return 0;
    for (const uint8_t *at = behind_entry(start); at != end;) {
        if (!at || at > end || count == most)
            return 0;
        struct frame_step *step = &steps[count++];
        *step = (struct frame_step){.at = at};
        at = next_of(&sweep, at, step);
    }
    return count;
}

#else

size_t frame_code_read(const uint8_t *start, const uint8_t *end, frame_hooks *hooks,
                       struct frame_step *steps, size_t most) {
    (void)start, (void)end, (void)hooks, (void)steps, (void)most;
    return 0;
}

#endif
