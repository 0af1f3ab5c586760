/* SPDX-License-Identifier: MIT */
/*
 * machine_operand: which registers and bytes an instruction of machine_code.h names.
 *
 * Source    Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2 (ModRM, SIB,
 *           REX) and appendix A.
 */
#ifndef EXPLORE_MACHINE_OPERAND_H
#define EXPLORE_MACHINE_OPERAND_H

#include "program/machine_code.h"

/* By the machine's numbering. */
enum {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    REGISTERS = 16,
    NO_REGISTER = -1,
};

/* What the ModRM byte and the bytes behind it say. */
struct machine_operand {
    int reg;    /* the middle field, with the bit of REX */
    int direct; /* where the other one is a register itself */
    int base, index;
    int32_t displacement;
    bool is_absolute; /* or relative to the instruction */
};

struct machine_operand machine_operand_read(const struct machine_instruction *found);

/* Is the middle field the number of a register for integers? Else it is part of the operation, or a
   vector register's. */
bool machine_operand_names_register(uint16_t code);

/* May the other one be a vector register's number as well? */
bool machine_operand_is_of_vectors(uint16_t code);

/* Does it write all of the register in the middle field, whatever was there? */
bool machine_operand_loads_register(const struct machine_instruction *found);

/* Bytes of its operand in memory; more where that is not known. */
uint32_t machine_operand_bytes(const struct machine_instruction *found);

/* Bytes of that operand, of the instruction at `at`, that are overwritten without a look at them; 0: it
   may look. */
uint32_t machine_operand_overwritten(const struct machine_instruction *found,
                                     const uint8_t *at);

/* Registers (bits) that it looks at without naming them. */
uint32_t machine_operand_looks_at(const struct machine_instruction *found);

#endif
