/* SPDX-License-Identifier: MIT */
/* emitted: see emitted.h */
#include "emitted.h"

#include "copies.h"
#include "heald/emit.h"

#include <stdint.h>
#include <string.h>

#define CAPACITY ((size_t)2 << 20)
#define NONE SIZE_MAX

static unsigned char said[CAPACITY];
static size_t used, count, last = NONE; /* the last entry is bytes, and begins there */
static size_t sure, sure_count;         /* up to and with the last number */
static int is_full, must_be_inside;
static const unsigned char *piece, *outside;
static size_t piece_size;

void emitted_begin(void) {
    used = count = sure = sure_count = 0;
    last = NONE;
    is_full = 0;
    outside = NULL;
}

void emitted_expect(const unsigned char *data, size_t size, int inside) {
    piece = data;
    piece_size = size;
    must_be_inside = inside;
}

static void put(const void *from, size_t size) {
    const unsigned char *input = copies.input;
    if (is_full || size > CAPACITY - used) {
        is_full = 1;
        return;
    }
    copies.input = NULL; /* this copy is ours */
    memcpy(said + used, from, size);
    copies.input = input;
    used += size;
}

static void put_number(uint64_t number) { put(&number, sizeof number); }

static void begin_entry(int is_bytes, const char *name) {
    last = is_bytes ? used : NONE;
    count++;
    put_number((uint64_t)is_bytes);
    put_number(strlen(name));
    put(name, strlen(name));
}

static size_t length_at(const char *name) { return last + 16 + strlen(name); }

static int goes_on(const char *name) {
    uint64_t length;
    if (last == NONE || is_full)
        return 0;
    memcpy(&length, said + last + 8, sizeof length);
    return length == strlen(name) && memcmp(said + last + 16, name, length) == 0;
}

void heald_emit_number(const char *name, long long value) {
    begin_entry(0, name);
    put_number((uint64_t)value);
    sure = used;
    sure_count = count;
}

void heald_emit_bytes(const char *name, const void *at, size_t length) {
    uintptr_t offset = (uintptr_t)at - (uintptr_t)piece;
    uint64_t known = 0;
    if (length == 0)
        return;
    if (must_be_inside && !outside &&
        (offset > piece_size || length > piece_size - offset))
        outside = at;
    if (goes_on(name)) {
        memcpy(&known, said + length_at(name), sizeof known);
    } else {
        begin_entry(1, name);
        put_number(0);
    }
    put(at, length);
    if (is_full)
        return;
    known += length;
    memcpy(said + length_at(name), &known, sizeof known);
}

struct emitted emitted_end(int was_error) {
    if (was_error && !is_full) {
        used = sure;
        count = sure_count;
    }
    last = NONE;
    return (struct emitted){said, used, count, is_full};
}

const unsigned char *emitted_outside(void) { return outside; }
