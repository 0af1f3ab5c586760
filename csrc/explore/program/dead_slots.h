/* SPDX-License-Identifier: MIT */
/*
 * dead_slots: which bytes of its frame does a function overwrite before it looks at them?
 *
 * Why       Without optimisation every value has a slot in the frame, and what an earlier round of a loop
 *           left there stays: two rounds that stand at the same place in the same state would not be told
 *           to (spin.h, retry.h), and the choice of -O would decide how many executions there are.
 * How       Liveness as in a compiler (Aho, Lam, Sethi, Ullman: Compilers, 9.2.5), backwards over the
 *           instructions of the function (frame_code.h) to a fixed point, byte by byte.
 * Exact     Of the innermost frame. At a jump through a table, or where a register that was kept is taken
 *           back by pop, every byte is alive; at a call of what is no hook, too, where exceptions or
 *           longjmp may lead to code of the program's. Of a function that
 *           cannot be read to its end, or passes a slot's address on, every byte is.
 * Cost      A function is read when two states first differ at one of its calls; what is found is kept.
 */
#ifndef EXPLORE_DEAD_SLOTS_H
#define EXPLORE_DEAD_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

struct image;

/* Once the program is loaded. `served`: where a hook is that goes by this name, 0 if there is none. */
void dead_slots_open(const struct image *image, uintptr_t (*served)(const char *name));

/*
 * Two copies of a thread's stack from `low` up, of `count` bytes each, differ; its present call was made
 * there, from the frame at `frame` (rbp). Is all that differs dead in that frame?
 */
bool dead_slots_hide(uintptr_t low, uintptr_t frame, const uint8_t *here,
                     const uint8_t *there, uint32_t count);

#endif
