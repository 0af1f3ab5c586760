/* SPDX-License-Identifier: MIT */
/* machine_code: see machine_code.h. */
#include "program/machine_code.h"

#if defined(__x86_64__)

struct prefixes {
    uint8_t rex;
    bool is_wide, is_short, repeats;
};

struct form {
    enum machine_shape shape;
    size_t immediate; /* bytes behind the operands */
};

static size_t immediate_of(struct prefixes prefixes) { return prefixes.is_short ? 2 : 4; }

/* Operations whose second byte is in the ModRM: `reg` is its middle field. */
static struct form grouped(uint8_t code, unsigned reg, struct prefixes prefixes) {
    switch (code) {
    case 0x80:
    case 0x83:
        return (struct form){reg == 7 ? MACHINE_LOADS : MACHINE_STORES, 1};
    case 0x81:
        return (struct form){reg == 7 ? MACHINE_LOADS : MACHINE_STORES,
                             immediate_of(prefixes)};
    case 0xC0:
    case 0xC1:
    case 0xC6:
        return (struct form){MACHINE_STORES, 1};
    case 0xC7:
        return (struct form){MACHINE_STORES, immediate_of(prefixes)};
    case 0xF6:
        return (struct form){reg == 2 || reg == 3 ? MACHINE_STORES : MACHINE_LOADS,
                             reg < 2};
    case 0xF7:
        return (struct form){reg == 2 || reg == 3 ? MACHINE_STORES : MACHINE_LOADS,
                             reg < 2 ? immediate_of(prefixes) : 0};
    case 0xFE:
        return (struct form){MACHINE_STORES, 0};
    case 0xFF:
        return (struct form){reg < 2    ? MACHINE_STORES
                             : reg == 6 ? MACHINE_LOADS
                                        : MACHINE_UNKNOWN,
                             0};
    default: /* 0xD0..0xD3 */
        return (struct form){MACHINE_STORES, 0};
    }
}

static struct form arithmetic(uint8_t code, struct prefixes prefixes) {
    switch (code & 7) {
    case 0:
    case 1:
        return (struct form){(code & 0x38) == 0x38 ? MACHINE_LOADS : MACHINE_STORES, 0};
    case 2:
    case 3:
        return (struct form){MACHINE_LOADS, 0};
    case 4:
        return (struct form){MACHINE_ALONE, 1};
    case 5:
        return (struct form){MACHINE_ALONE, immediate_of(prefixes)};
    default:
        return (struct form){MACHINE_UNKNOWN, 0};
    }
}

static struct form one_byte(uint8_t code, uint8_t next, struct prefixes prefixes) {
    if (code < 0x40)
        return arithmetic(code, prefixes);
    if ((code >= 0x50 && code < 0x60) || code == 0x90 || code == 0x98 || code == 0x99)
        return (struct form){MACHINE_ALONE, 0};
    if (code >= 0xB0 && code < 0xB8)
        return (struct form){MACHINE_ALONE, 1};
    if (code >= 0xB8 && code < 0xC0)
        return (struct form){MACHINE_ALONE,
                             prefixes.is_wide ? 8 : immediate_of(prefixes)};
    switch (code) {
    case 0x63:
    case 0x84:
    case 0x85:
    case 0x8A:
    case 0x8B:
    case 0x8D:
        return (struct form){MACHINE_LOADS, 0};
    case 0x69:
        return (struct form){MACHINE_LOADS, immediate_of(prefixes)};
    case 0x6B:
        return (struct form){MACHINE_LOADS, 1};
    case 0x86:
    case 0x87:
    case 0x88:
    case 0x89:
        return (struct form){MACHINE_STORES, 0};
    case 0xA4:
    case 0xA5:
    case 0xAA:
    case 0xAB:
        return (struct form){MACHINE_ALWAYS, 0};
    case 0xA8:
        return (struct form){MACHINE_ALONE, 1};
    case 0xA9:
        return (struct form){MACHINE_ALONE, immediate_of(prefixes)};
    default:
        break;
    }
    if (code == 0x80 || code == 0x81 || code == 0x83 || code == 0xC0 || code == 0xC1 ||
        code == 0xC6 || code == 0xC7 || (code >= 0xD0 && code < 0xD4) || code == 0xF6 ||
        code == 0xF7 || code == 0xFE || code == 0xFF)
        return grouped(code, next >> 3 & 7, prefixes);
    return (struct form){MACHINE_UNKNOWN, 0};
}

/* Behind 0F: nearly all have a ModRM. */
static struct form two_bytes(uint8_t code, struct prefixes prefixes) {
    if (code >= 0x90 && code < 0xA0) /* set on a condition */
        return (struct form){MACHINE_STORES, 0};
    switch (code) {
    case 0x11:
    case 0x13:
    case 0x17:
    case 0x29:
    case 0x2B:
    case 0x7F:
    case 0xB0:
    case 0xB1:
    case 0xC0:
    case 0xC1:
    case 0xC3:
    case 0xD6:
    case 0xE7:
        return (struct form){MACHINE_STORES, 0};
    case 0x7E:
        return (struct form){prefixes.repeats ? MACHINE_LOADS : MACHINE_STORES, 0};
    case 0x70:
    case 0x71:
    case 0x72:
    case 0x73:
    case 0xC2:
    case 0xC4:
    case 0xC5:
    case 0xC6:
        return (struct form){MACHINE_LOADS, 1};
    case 0xA3:
    case 0xAF:
    case 0xB6:
    case 0xB7:
    case 0xBC:
    case 0xBD:
    case 0xBE:
    case 0xBF:
        return (struct form){MACHINE_LOADS, 0};
    default:
        break;
    }
    if ((code >= 0x10 && code < 0x20) || (code >= 0x28 && code < 0x30) ||
        (code >= 0x40 && code < 0x70) || (code >= 0x74 && code < 0x77) || code >= 0xD0)
        return (struct form){MACHINE_LOADS, 0};
    return (struct form){MACHINE_UNKNOWN, 0};
}

/* Bytes of a ModRM operand with what belongs to it. */
static size_t operand_bytes(const uint8_t *at) {
    unsigned mod = at[0] >> 6, rm = at[0] & 7;
    size_t bytes = 1;
    if (mod == 3)
        return bytes;
    unsigned base = rm == 4 ? at[1] & 7 : rm;
    if (rm == 4)
        bytes++;
    if (mod == 1)
        return bytes + 1;
    return mod == 2 || base == 5 ? bytes + 4 : bytes;
}

static const uint8_t *skip_prefixes(const uint8_t *at, struct prefixes *prefixes) {
    for (;; at++) {
        if (*at == 0x66)
            prefixes->is_short = true;
        else if (*at == 0xF2 || *at == 0xF3)
            prefixes->repeats = true;
        else if (*at != 0x2E && *at != 0x36 && *at != 0x3E && *at != 0x64 && *at != 0x65)
            break;
    }
    if ((*at & 0xF0) == 0x40) {
        prefixes->rex = *at;
        prefixes->is_wide = *at & 8;
        at++;
    }
    return at;
}

struct machine_instruction machine_code_read(const uint8_t *at) {
    struct machine_instruction read = {0};
    struct prefixes prefixes = {0, false, false, false};
    struct form form;

    at = skip_prefixes(at, &prefixes);
    if (*at == 0x0F) {
        form = two_bytes(at[1], prefixes);
        read.code = (uint16_t)(0x0F00 | *++at);
    } else {
        form = one_byte(at[0], at[1], prefixes);
        read.code = *at;
    }
    read.shape = form.shape;
    read.rex = prefixes.rex;
    read.is_short = prefixes.is_short;
    read.operand = ++at;
    if (form.shape == MACHINE_LOADS || form.shape == MACHINE_STORES)
        at += operand_bytes(at);
    read.next = at + form.immediate;
    return read;
}

#endif
