/* SPDX-License-Identifier: MIT */
/*
 * value: what an atomic read-modify-write makes of a value, up to 16 bytes of it.
 *
 * Why       The program's side must know whether one changed anything, the graph's side what it
 *           wrote: the same arithmetic, in one place at the border.
 */
#ifndef EXPLORE_VALUE_H
#define EXPLORE_VALUE_H

#include "action.h"

static inline void value_cut(uint64_t value[2], uint32_t size) {
    if (size < 16)
        value[1] = 0;
    if (size < 8)
        value[0] &= (UINT64_C(1) << (8 * size)) - 1;
}

/* With its sign, if that counts. */
static inline int64_t value_with_sign(uint64_t value, uint32_t size) {
    uint32_t above = 64 - 8 * size;
    return (int64_t)(value << above) >> above;
}

static inline uint64_t value_extreme(enum action_op op, uint32_t size, uint64_t a,
                                     uint64_t b) {
    bool is_signed = op == OP_MAX || op == OP_MIN;
    bool a_is_less =
        is_signed ? value_with_sign(a, size) < value_with_sign(b, size) : a < b;
    return a_is_less == (op == OP_MAX || op == OP_UMAX) ? b : a;
}

static inline void value_of_rmw(enum action_op op, uint32_t size,
                                const uint64_t operand[2], const uint64_t old[2],
                                uint64_t result[2]) {
    for (int i = 0; i < 2; i++) {
        switch (op) {
        case OP_AND:
            result[i] = old[i] & operand[i];
            break;
        case OP_OR:
            result[i] = old[i] | operand[i];
            break;
        case OP_XOR:
            result[i] = old[i] ^ operand[i];
            break;
        case OP_NAND:
            result[i] = ~(old[i] & operand[i]);
            break;
        case OP_NEGATE: /* of at most 8 bytes */
            result[i] = 0 - old[i];
            break;
        case OP_MAX:
        case OP_MIN:
        case OP_UMAX:
        case OP_UMIN:
            result[i] = i ? 0 : value_extreme(op, size, old[0], operand[0]);
            break;
        case OP_ADD:
            result[i] = old[i] + operand[i] + (i && result[0] < old[0] ? 1u : 0u);
            break;
        case OP_SUB:
            result[i] = old[i] - operand[i] - (i && old[0] < operand[0] ? 1u : 0u);
            break;
        default:
            result[i] = operand[i];
            break;
        }
    }
    value_cut(result, size);
}

#endif
