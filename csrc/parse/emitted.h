/* SPDX-License-Identifier: MIT */
/*
 * emitted: what callbacks said during one call of a parser, as bytes that can be compared.
 *
 * Entry     u64 1 for bytes or 0 for a number, u64 length of the name, the name, then u64 value, or
 *           u64 length and the bytes.
 */
#ifndef PARSE_EMITTED_H
#define PARSE_EMITTED_H

#include <stddef.h>

struct emitted {
    const unsigned char *bytes;
    size_t size;  /* beyond the capacity only this goes on */
    size_t count; /* of entries */
    int is_full;
};

/* Forget what was said; from now on bytes must lie in [data, data + size), if `inside`. */
void emitted_begin(void);
void emitted_expect(const unsigned char *data, size_t size, int inside);

/* After an error the bytes behind the last number may be parts that another cut does not hand out. */
struct emitted emitted_end(int was_error);

/* The first bytes that did not lie where they must, NULL if all did. */
const unsigned char *emitted_outside(void);

#endif
