/* SPDX-License-Identifier: MIT */
/*
 * random: numbers that look random and follow from a seed.
 *
 * Source    Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
 */
#ifndef EXPLORE_RANDOM_H
#define EXPLORE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_bits(struct random *random) {
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 .. below - 1, evenly but for less than 2^-32; below is at least 1. */
static inline uint32_t random_below(struct random *random, uint32_t below) {
    return (uint32_t)(((random_bits(random) >> 32) * below) >> 32);
}

/* True in `parts` of 256 cases. */
static inline int random_chance(struct random *random, uint32_t parts) {
    return (random_bits(random) >> 56) < parts;
}

#endif
