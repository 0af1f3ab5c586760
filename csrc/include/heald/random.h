/* SPDX-License-Identifier: MIT */
/*
 * random.h: numbers that look random and follow from a seed.
 *
 * Why       A run must follow from one printed seed, and a race must not wait for a lock.
 * Source    Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
 */
#ifndef HEALD_RANDOM_H
#define HEALD_RANDOM_H

#include <stdint.h>

#define RANDOM_STEP 0x9e3779b97f4a7c15u

struct random {
    uint64_t state;
};

/* Each bit of the result depends on all of them. */
static inline uint64_t random_mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint64_t random_next(struct random *random) {
    return random_mix(random->state += RANDOM_STEP);
}

/* 0 .. bound - 1; 0 where bound is 0. The bias is below bound / 2^32. */
static inline uint32_t random_below(struct random *random, uint32_t bound) {
    return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

/* True in `parts` of 256 cases. */
static inline int random_chance(struct random *random, uint32_t parts) {
    return (random_next(random) >> 56) < parts;
}

/* An independent stream for `number` of the run with this seed. */
static inline struct random random_stream(uint64_t seed, uint64_t number) {
    struct random random = {seed};
    random.state = random_next(&random) ^ (number * 0xd1342543de82ef95u);
    (void)random_next(&random);
    return random;
}

#endif
