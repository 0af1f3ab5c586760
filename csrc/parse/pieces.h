/* SPDX-License-Identifier: MIT */
/*
 * pieces: an input as it arrives, each piece alone in front of an unreadable page.
 *
 * Why       What comes over a connection is cut anywhere. A parser that keeps a state must say the
 *           same however it is cut, must not read beyond a piece, and must not come back to one: when
 *           a piece has been taken, other bytes lie there. In a checked build it is a block that has
 *           been freed.
 */
#ifndef PARSE_PIECES_H
#define PARSE_PIECES_H

#include <stddef.h>

enum pieces_way {
    PIECES_WHOLE,
    PIECES_SINGLE,
    PIECES_UNEVEN,
    PIECES_HALVES,
    PIECES_WAYS
};

int pieces_open(void); /* 0, or an errno */
void pieces_close(void);
/* The first lies in room 0 or 1: what is around them differs. */
void pieces_choose(enum pieces_way way, size_t size, int room);

/* Bytes of the next piece, of `left`. */
size_t pieces_size(size_t at, size_t left);

const unsigned char *pieces_begin(const unsigned char *from, size_t size);
void pieces_end(void);

/* From the start of the input: of an address in or near the piece that was begun last. */
ptrdiff_t pieces_offset(const unsigned char *address, const unsigned char *data);

#endif
