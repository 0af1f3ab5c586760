/* SPDX-License-Identifier: MIT */
/*
 * dead_registers: which registers does the program overwrite before it looks at them?
 *
 * Why       What an earlier round of a loop left in a register that the next instructions overwrite
 *           is no part of a thread's state, but differs: two threads that stand at the same place in the
 *           same state would not be told to (spin.h, retry.h), and the compiler's choice of registers
 *           would decide how many executions there are.
 * Exact     The code is read from where the call returns up to the next call, on both sides of a
 *           branch. What it mentions otherwise, or where it cannot be read, is alive. Calls end it: one
 *           that throws would go on elsewhere.
 */
#ifndef EXPLORE_DEAD_REGISTERS_H
#define EXPLORE_DEAD_REGISTERS_H

#include <stdint.h>

/* `code`: where a call returns to. Bits 0 to 5: rbx, rbp, r12 to r15, as in spin_entry. Elsewhere
   than on x86-64 none is known to be dead. */
uint32_t dead_registers(uintptr_t code);

#endif
