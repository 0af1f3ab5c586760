// SPDX-License-Identifier: MIT
#include "ring.hpp"
struct ints : ring<int, 2> {};
inline bool ints_push(ints *ring, int value) { return ring->push(value); }
inline bool ints_pop(ints *ring, int *out) { return ring->pop(*out); }
