/* SPDX-License-Identifier: MIT */
/* dead_registers: see dead_registers.h. */
#include "program/dead_registers.h"

#include <string.h>

#include "program/machine_code.h"

#if defined(__x86_64__)

enum { MOST_READ = 48, MOST_BRANCHES = 4, ALL = 0x3F, RBX = 3 };

/* The bits of what an instruction looks at, and of what it overwrites whole. */
struct effect {
    uint32_t reads, kills;
};

/* By the machine's numbering; 0: not one that calls preserve. */
static uint32_t bit_of(unsigned number) {
    if (number == RBX)
        return 1;
    if (number == 5) /* rbp */
        return 2;
    return number >= 12 ? 1u << (number - 10) : 0;
}

/* The registers of the ModRM byte. */
struct operand {
    unsigned reg, other; /* `other` where it is a register, too */
    uint32_t address;    /* bits of those that the address is made of */
    bool is_register;
};

static struct operand operand_of(const struct machine_instruction *at) {
    unsigned modrm = at->operand[0], rex = at->rex;
    unsigned mod = modrm >> 6, low = modrm & 7;
    struct operand operand = {(modrm >> 3 & 7) | (rex & 4) << 1, low | (rex & 1) << 3, 0,
                              mod == 3};

    if (operand.is_register)
        return operand;
    if (low == 4) {
        unsigned index = (at->operand[1] >> 3 & 7) | (rex & 2) << 2;
        unsigned base = at->operand[1] & 7;
        operand.address = index == 4 ? 0 : bit_of(index);
        if (mod != 0 || base != 5)
            operand.address |= bit_of(base | (rex & 1) << 3);
    } else if (mod != 0 || low != 5) {
        operand.address = bit_of(operand.other);
    }
    return operand;
}

static uint32_t source_bits(const struct operand *operand) {
    return operand->is_register ? bit_of(operand->other) : operand->address;
}

/* Without REX the last of the byte registers is the second byte of rbx. */
static uint32_t byte_bits(const struct machine_instruction *at, unsigned number) {
    return !at->rex && number == 7 ? bit_of(RBX) : 0;
}

/* Does it write all of `reg`, from what else it names? */
static bool loads_whole(const struct machine_instruction *at) {
    switch (at->code) {
    case 0x63:
    case 0x69:
    case 0x6B:
    case 0x8B:
    case 0x8D:
    case 0x0FB6:
    case 0x0FB7:
    case 0x0FBE:
    case 0x0FBF:
        return !at->is_short;
    default:
        return false;
    }
}

static bool clears_itself(const struct machine_instruction *at,
                          const struct operand *operand) {
    return (at->code == 0x31 || at->code == 0x33 || at->code == 0x29 ||
            at->code == 0x2B) &&
           !at->is_short && operand->is_register && operand->reg == operand->other;
}

static struct effect with_operand(const struct machine_instruction *at) {
    struct operand operand = operand_of(at);

    if (clears_itself(at, &operand))
        return (struct effect){0, bit_of(operand.reg)};
    if (at->code == 0xC7 && operand.is_register && !at->is_short)
        return (struct effect){0, bit_of(operand.other)};
    if (at->code == 0x89 && operand.is_register && !at->is_short)
        return (struct effect){bit_of(operand.reg), bit_of(operand.other)};
    struct effect effect = {source_bits(&operand) |
                                (operand.is_register ? byte_bits(at, operand.other) : 0),
                            0};
    if (loads_whole(at))
        effect.kills = bit_of(operand.reg);
    else
        effect.reads |= bit_of(operand.reg) | byte_bits(at, operand.reg);
    return effect;
}

static struct effect without_operand(const struct machine_instruction *at) {
    unsigned number = (at->code & 7) | (at->rex & 1u) << 3;
    bool is_move = at->code >= 0xB8 && at->code < 0xC0;
    bool is_pop = at->code >= 0x58 && at->code < 0x60;

    if ((is_move || is_pop) && !at->is_short)
        return (struct effect){0, bit_of(number)};
    return (struct effect){bit_of(number) | byte_bits(at, number), 0};
}

/* Where a jump goes; NULL: it is none. */
static const uint8_t *target_of(const uint8_t *at, bool *is_conditional,
                                const uint8_t **behind) {
    int32_t far;
    bool is_short = *at == 0xEB || (*at & 0xF0) == 0x70;
    bool is_far = at[0] == 0x0F && (at[1] & 0xF0) == 0x80;

    *is_conditional = (*at & 0xF0) == 0x70 || is_far;
    if (is_short) {
        *behind = at + 2;
        return *behind + (int8_t)at[1];
    }
    if (!is_far && *at != 0xE9)
        return NULL;
    memcpy(&far, at + (is_far ? 2 : 1), sizeof far);
    *behind = at + (is_far ? 6 : 5);
    return *behind + far;
}

/* Of those in `asked`, which are overwritten first? */
static uint32_t dead_from(const uint8_t *at, uint32_t asked, int branches) {
    uint32_t dead = 0;

    for (int i = 0; i < MOST_READ && asked; i++) {
        bool is_conditional;
        const uint8_t *behind, *target = target_of(at, &is_conditional, &behind);
        if (target && is_conditional) {
            if (!branches)
                return dead;
            uint32_t there = dead_from(target, asked, branches - 1);
            return dead | (there & dead_from(behind, there, branches - 1));
        }
        if (target) {
            at = target;
            continue;
        }
        struct machine_instruction found = machine_code_read(at);
        if (found.shape == MACHINE_UNKNOWN)
            return dead;
        bool has_operand = found.shape == MACHINE_LOADS || found.shape == MACHINE_STORES;
        struct effect effect =
            has_operand ? with_operand(&found) : without_operand(&found);
        asked &= ~effect.reads;
        dead |= asked & effect.kills;
        asked &= ~effect.kills;
        at = found.next;
    }
    return dead;
}

uint32_t dead_registers(uintptr_t code) {
    return dead_from((const uint8_t *)code, ALL, MOST_BRANCHES);
}

#else

uint32_t dead_registers(uintptr_t code) {
    (void)code;
    return 0;
}

#endif
