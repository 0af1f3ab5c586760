/* SPDX-License-Identifier: MIT */
/*
 * fuzz_hooks: every atomic operation of every width, at random, against plain arithmetic.
 *
 * One thread, so the answer is known: each operation's result and what it leaves in memory must be
 * what the same arithmetic gives on a plain variable. -DSEED=N chooses the sequence.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#ifndef SEED
#define SEED 1
#endif
#ifndef ROUNDS
#define ROUNDS 300
#endif

static uint64_t state = SEED;

static uint64_t draw(void) {
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* Few bits set, or all: so that compare-exchanges succeed now and then and sums wrap. */
static uint64_t draw_value(void) {
    switch (draw() % 4) {
    case 0:
        return draw() & 3;
    case 1:
        return ~(uint64_t)0;
    case 2:
        return (uint64_t)1 << draw() % 64;
    default:
        return draw();
    }
}

typedef unsigned __int128 wide;

#define DEFINE(type, suffix)                                                                      \
    static type cell_##suffix;                                                                    \
    static void round_##suffix(void) {                                                            \
        static type plain;                                                                        \
        type value = (type)((wide)draw_value() << 64 | draw_value());                             \
        type *cell = &cell_##suffix;                                                              \
        type expected = draw() % 2 ? plain : (type)draw_value();                                  \
        type was = expected;                                                                      \
        _Bool done;                                                                               \
        switch (draw() % 11) {                                                                    \
        case 0:                                                                                   \
            __atomic_store_n(cell, value, __ATOMIC_RELEASE);                                      \
            plain = value;                                                                        \
            break;                                                                                \
        case 1:                                                                                   \
            assert(__atomic_exchange_n(cell, value, __ATOMIC_ACQ_REL) == plain);                  \
            plain = value;                                                                        \
            break;                                                                                \
        case 2:                                                                                   \
            assert(__atomic_fetch_add(cell, value, __ATOMIC_RELAXED) == plain);                   \
            plain = (type)(plain + value);                                                        \
            break;                                                                                \
        case 3:                                                                                   \
            assert(__atomic_fetch_sub(cell, value, __ATOMIC_SEQ_CST) == plain);                   \
            plain = (type)(plain - value);                                                        \
            break;                                                                                \
        case 4:                                                                                   \
            assert(__atomic_fetch_and(cell, value, __ATOMIC_ACQUIRE) == plain);                   \
            plain = (type)(plain & value);                                                        \
            break;                                                                                \
        case 5:                                                                                   \
            assert(__atomic_fetch_or(cell, value, __ATOMIC_RELEASE) == plain);                    \
            plain = (type)(plain | value);                                                        \
            break;                                                                                \
        case 6:                                                                                   \
            assert(__atomic_fetch_xor(cell, value, __ATOMIC_RELAXED) == plain);                   \
            plain = (type)(plain ^ value);                                                        \
            break;                                                                                \
        case 7:                                                                                   \
            assert(__atomic_fetch_nand(cell, value, __ATOMIC_RELAXED) == plain);                  \
            plain = (type) ~(plain & value);                                                      \
            break;                                                                                \
        case 8:                                                                                   \
        case 9:                                                                                   \
            done = __atomic_compare_exchange_n(cell, &expected, value, draw() % 2,                \
                                               __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);               \
            assert(done == (was == plain));                                                       \
            assert(expected == (done ? was : plain));                                             \
            if (done)                                                                             \
                plain = value;                                                                    \
            break;                                                                                \
        default:                                                                                  \
            __atomic_thread_fence((int)(draw() % 6));                                             \
            __atomic_signal_fence(__ATOMIC_SEQ_CST);                                              \
            break;                                                                                \
        }                                                                                         \
        assert(__atomic_load_n(cell, __ATOMIC_ACQUIRE) == plain);                                 \
    }

DEFINE(uint8_t, 8)
DEFINE(uint16_t, 16)
DEFINE(uint32_t, 32)
DEFINE(uint64_t, 64)
#ifdef WIDE
DEFINE(wide, 128)
#endif

/* Plain accesses of odd sizes and at odd places, through memory that others could see. */
static unsigned char bytes[64], copy[64];

static void round_plain(void) {
    size_t at = draw() % 40;
    uint64_t value = draw();
    volatile uint32_t *word = (volatile uint32_t *)(void *)(bytes + (at & ~(size_t)3));
    memcpy(bytes + at, &value, sizeof value); /* may be unaligned */
    memcpy(copy, bytes, sizeof copy);
    *word = (uint32_t)value;
    assert(*word == (uint32_t)value);
    memcpy(bytes, copy, sizeof bytes);
    assert(memcmp(bytes + at, &value, sizeof value) == 0);
}

int main(void) {
    for (int i = 0; i < ROUNDS; i++) {
        round_8();
        round_16();
        round_32();
        round_64();
#ifdef WIDE
        round_128();
#endif
        round_plain();
    }
    return 0;
}
