/* SPDX-License-Identifier: MIT */
/*
 * copies: counts what a parser that works in place must not do.
 *
 * Why       "In place" is a promise about cost. Linked with --wrap, every call of the
 * allocator and every copy out of the input passes here; copies that a compiler turns
 * into a few loads (a field, a record) do not, and need not.
 */
#ifndef PARSE_COPIES_H
#define PARSE_COPIES_H

#include <stddef.h>
#include <stdint.h>

struct copies {
    const unsigned char *input; /* NULL: not counting */
    size_t size;
    uint64_t allocated; /* bytes asked for */
    uint64_t copied;    /* bytes copied out of the input */
};

extern struct copies copies;

#endif
