/* SPDX-License-Identifier: MIT */
/*
 * generate: streams of messages, mostly valid, with the edges where parsers break.
 *
 * Why       Random bytes almost never form a second valid message, so bugs behind the
 * first one stay hidden. Here one to five messages follow each other and then something
 * goes wrong, or nothing does: a length at an edge, a cut tail, a few changed bytes. Rule
 * A function of the seed alone: case k of a campaign is made again from its number.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t message_generate(uint64_t seed, unsigned char *out, size_t capacity);

/* splitmix64 (Steele, Lea, Flood, OOPSLA 2014): one multiplication chain a number, any
 * seed. */
static uint64_t next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit) {
    return (size_t)(next(state) % limit);
}

static void put16(unsigned char *at, unsigned value) {
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

/* Around what is left, around the sign bit, around the wrap of 8 + length in 16 bits. */
static unsigned edge_length(uint64_t *state, size_t rest) {
    const size_t edges[] = {rest - 1, rest,   rest + 1, 0,      7,      8,
                            0x7fff,   0x8000, 0xfff7,   0xfff8, 0xffff, next(state)};
    return (unsigned)(edges[below(state, sizeof edges / sizeof *edges)] & 0xffff);
}

static size_t put_message(uint64_t *state, unsigned char *out, size_t length) {
    uint64_t header = next(state);
    memcpy(out, &header, 8);
    put16(out + 2, (unsigned)length);
    for (size_t i = 0; i < length; i += 8) {
        uint64_t bytes = next(state);
        memcpy(out + 8 + i, &bytes, length - i < 8 ? length - i : 8);
    }
    return 8 + length;
}

size_t message_generate(uint64_t seed, unsigned char *out, size_t capacity) {
    uint64_t state = seed;
    size_t size = 0, last = 0, messages = 1 + below(&state, 5);
    for (size_t i = 0; i < messages; i++) {
        size_t length = below(&state, 4) ? below(&state, 24) : below(&state, 300);
        if (size + 8 + length > capacity)
            break;
        last = size;
        size += put_message(&state, out + size, length);
    }
    uint64_t fate = below(&state, 8);
    if (fate >= 1 && fate <= 3 && size >= last + 8) /* the last length lies */
        put16(out + last + 2, edge_length(&state, size - last - 8));
    if (fate >= 3 && fate <= 5) /* the tail is cut, often inside a header */
        size -= below(&state, (next(&state) & 1 ? size : size - last) + 1);
    if (fate == 6 && size > 0) /* a few bytes are changed */
        for (size_t changes = 1 + below(&state, 4); changes > 0; changes--)
            out[below(&state, size)] = (unsigned char)next(&state);
    return size;
}
