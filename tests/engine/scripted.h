/* SPDX-License-Identifier: MIT */
/*
 * scripted: litmus threads as text, behind the border of action.h.
 *
 * Why       The search is tested without fibers, compilers or hooks.
 * Text      Threads are separated by '|', statements by ';', words by blanks. Registers are a..h,
 *           variables k..z, all 0 at first; E is a number, a register or register+number.
 *             W x E order            store            R a x order        load
 *             U a x op E order       fetch_op, xchg   F order            fence
 *             C a x E E order order [weak]  compare-exchange: expected, desired; a = old value
 *             w x E  r a x           plain write and read
 *             L m  N m               lock, unlock     ? a cmp E n        jump n statements if
 *             M a n   X a            malloc of n words, free
 *             g a b   p a E          plain read and write through pointers b and a
 *             Q a b order  P a E order   atomic load and store through pointers
 *             A a cmp E              assert           J n                jump
 *           A backward jump without any effect since its target was last reached is an AWAIT.
 *           Thread 0 spawns all, joins all; statements in braces at the end run after the joins.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include "action.h"

enum { SCRIPT_THREADS = 24, SCRIPT_STATEMENTS = 64, SCRIPT_VARIABLES = 16 };

struct script;
struct script *script_parse(const char *text);
void script_free(struct script *script);
struct program script_program(struct script *script);
void script_initial(struct script *script, char variable, uint64_t value);
void script_heap(const struct script *script, uintptr_t *begin, uintptr_t *end);
uintptr_t script_address(const struct script *script, char variable);

#endif
