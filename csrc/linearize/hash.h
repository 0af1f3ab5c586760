/* SPDX-License-Identifier: MIT */
/*
 * hash: 128 bits that change with every part of a configuration.
 *
 * Why       Sets of placed calls and states of models are hashed as a sum (xor) over their parts, so
 *           that placing or taking back one call costs the same however long the history is.
 * Source    Zobrist hashing; the mixing is that of splitmix64 (Steele, Lea, Flood, OOPSLA 2014).
 */
#ifndef LINEARIZE_HASH_H
#define LINEARIZE_HASH_H

#include <heald/random.h>

#include <stdint.h>

struct hash {
    uint64_t half[2];
};

static inline uint64_t hash_mix(uint64_t z) { return random_mix(z + RANDOM_STEP); }

/* Flips the part (what, value) in or out: doing it twice changes nothing. */
static inline void hash_flip(struct hash *hash, uint64_t what, uint64_t value) {
    uint64_t one = hash_mix(what * 0xd1342543de82ef95u + hash_mix(value));
    hash->half[0] ^= one;
    hash->half[1] ^= hash_mix(one ^ (what + 0x2545f4914f6cdd1du));
}

#endif
