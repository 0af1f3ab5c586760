/* SPDX-License-Identifier: MIT */
/*
 * machine_code: one instruction of x86-64 as far as the explorer reads the program's code.
 *
 * Source    Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, appendix A: the
 *           opcodes that compilers emit between two calls. All others are MACHINE_UNKNOWN.
 */
#ifndef EXPLORE_MACHINE_CODE_H
#define EXPLORE_MACHINE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum machine_shape {
    MACHINE_UNKNOWN, /* or it leaves: a call, a jump, a return */
    MACHINE_ALONE,   /* no operand bytes */
    MACHINE_LOADS,   /* a ModRM operand that is not written */
    MACHINE_STORES,  /* a ModRM operand that is written */
    MACHINE_ALWAYS,  /* stores, whatever follows */
};

struct machine_instruction {
    enum machine_shape shape;
    uint16_t code; /* 0x0F00 and more: the second byte */
    uint8_t rex;   /* 0: none */
    bool is_short; /* 16-bit operands */
    const uint8_t
        *operand; /* the ModRM byte, where there is one; else what follows the code */
    const uint8_t *next;
};

struct machine_instruction machine_code_read(const uint8_t *at);

#endif
