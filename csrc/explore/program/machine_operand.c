/* SPDX-License-Identifier: MIT */
/* machine_operand: see machine_operand.h. */
#include "program/machine_operand.h"

#include <string.h>

#if defined(__x86_64__)

enum { WIDEST = 16 };

struct machine_operand machine_operand_read(const struct machine_instruction *found) {
    const uint8_t *byte = found->operand;
    unsigned mod = byte[0] >> 6, low = byte[0] & 7, rex = found->rex;
    struct machine_operand operand = {.reg = (int)((byte[0] >> 3 & 7) | (rex & 4) << 1),
                                      .direct = NO_REGISTER,
                                      .base = NO_REGISTER,
                                      .index = NO_REGISTER};

    if (mod == 3) {
        operand.direct = (int)(low | (rex & 1) << 3);
        return operand;
    }
    const uint8_t *behind = byte + 1;
    unsigned base = low;
    if (low == 4) {
        unsigned index = (byte[1] >> 3 & 7) | (rex & 2) << 2;
        operand.index = index == 4 ? NO_REGISTER : (int)index;
        base = byte[1] & 7;
        behind++;
    }
    operand.is_absolute = mod == 0 && base == 5;
    if (!operand.is_absolute)
        operand.base = (int)(base | (rex & 1) << 3);
    if (mod == 1)
        operand.displacement = (int8_t)*behind;
    else if (mod == 2 || operand.is_absolute)
        memcpy(&operand.displacement, behind, sizeof operand.displacement);
    return operand;
}

static bool has_repeat(const struct machine_instruction *found, const uint8_t *at) {
    for (; at < found->operand; at++)
        if (*at == 0xF2 || *at == 0xF3)
            return true;
    return false;
}

/* The middle field of the ModRM byte is part of the operation. */
static bool is_group(uint16_t code) {
    return code == 0x80 || code == 0x81 || code == 0x83 || code == 0xC0 || code == 0xC1 ||
           code == 0xC6 || code == 0xC7 || (code >= 0xD0 && code < 0xD4) ||
           code == 0xF6 || code == 0xF7 || code == 0xFE || code == 0xFF ||
           code == 0x0F1E || code == 0x0F1F || (code >= 0x0F90 && code < 0x0FA0) ||
           code == 0x0FBA;
}

bool machine_operand_is_of_vectors(uint16_t code) {
    if (code < 0x0F00 || code == 0x0F1E || code == 0x0F1F)
        return false;
    uint8_t second = (uint8_t)code;
    return (second >= 0x10 && second < 0x20) || (second >= 0x28 && second < 0x30) ||
           (second >= 0x50 && second < 0x80) || second == 0xC2 || second == 0xC6 ||
           second >= 0xD0;
}

bool machine_operand_names_register(uint16_t code) {
    return !is_group(code) && !machine_operand_is_of_vectors(code);
}

uint32_t machine_operand_bytes(const struct machine_instruction *found) {
    uint32_t whole = found->rex & 8 ? 8 : found->is_short ? 2 : 4;

    if (found->code < 0x0F00) {
        if (found->code == 0x63)
            return 4;
        if (found->code == 0xFF && (found->operand[0] >> 3 & 7) == 6)
            return 8;
        return found->code & 1 || found->code == 0x6B ? whole : 1;
    }
    switch (found->code) {
    case 0x0FB6:
    case 0x0FBE:
        return 1;
    case 0x0FB7:
    case 0x0FBF:
        return 2;
    case 0x0FAF:
        return whole;
    default:
        return (found->code >= 0x0F40 && found->code < 0x0F50) ? whole : WIDEST;
    }
}

uint32_t machine_operand_overwritten(const struct machine_instruction *found,
                                     const uint8_t *at) {
    bool repeats = has_repeat(found, at);

    switch (found->code) {
    case 0x88:
    case 0x89:
    case 0xC6:
    case 0xC7:
        return machine_operand_bytes(found);
    case 0x0F11:
        return repeats ? 4 : WIDEST;
    case 0x0F29:
        return WIDEST;
    case 0x0F7F:
        return repeats || found->is_short ? WIDEST : 8;
    case 0x0F13:
    case 0x0F17:
    case 0x0FD6:
        return 8;
    case 0x0F7E: /* with F3 it loads */
        return repeats ? 0 : found->rex & 8 ? 8 : 4;
    default:
        return found->code >= 0x0F90 && found->code < 0x0FA0 ? 1 : 0;
    }
}

uint32_t machine_operand_looks_at(const struct machine_instruction *found) {
    uint16_t code = found->code;
    unsigned middle = found->operand[0] >> 3 & 7;

    if (code == 0xF6 || code == 0xF7)
        return middle >= 4 ? 1u << RAX | 1u << RDX : 0;
    if (code == 0xD2 || code == 0xD3 || code == 0x0FA5 || code == 0x0FAD)
        return 1u << RCX;
    if (code == 0x0FB0 || code == 0x0FB1)
        return 1u << RAX;
    if (code == 0xA4 || code == 0xA5 || code == 0xAA || code == 0xAB)
        return 1u << RAX | 1u << RCX | 1u << RSI | 1u << RDI;
    if (code < 0x40 || code == 0x98 || code == 0x99 || code == 0xA8 || code == 0xA9)
        return (code & 7) >= 4 || code >= 0x40 ? 1u << RAX : 0;
    return 0;
}

bool machine_operand_loads_register(const struct machine_instruction *found) {
    switch (found->code) {
    case 0x63:
    case 0x69:
    case 0x6B:
    case 0x8B:
    case 0x0FB6:
    case 0x0FB7:
    case 0x0FBE:
    case 0x0FBF:
        return !found->is_short;
    default:
        return false;
    }
}

#endif
