/* SPDX-License-Identifier: MIT */
/* pieces: see pieces.h */
#include "pieces.h"

#include "arena.h"
#include "copies.h"
#include "emitted.h"
#include "heald/parse.h"

#include <stdlib.h>
#include <string.h>

#ifndef PARSE_CHECKED
#define PARSE_CHECKED 0
#endif

#define BY_THE_BYTE ((size_t)4096) /* then in larger pieces: an input may be a megabyte */

static struct arena arena;
static enum pieces_way chosen;
static size_t whole, piece_size, turn;
static unsigned char *piece;
static const unsigned char *piece_from;

int pieces_open(void) { return arena_open(&arena, PARSE_SIZE_LIMIT); }

void pieces_close(void) { arena_close(&arena); }

void pieces_choose(enum pieces_way way, size_t size, int room) {
    chosen = way;
    whole = size;
    turn = (size_t)room;
    piece = NULL;
    piece_from = NULL;
}

size_t pieces_size(size_t at, size_t left) {
    size_t wanted = left;
    if (chosen == PIECES_SINGLE)
        wanted = at < BY_THE_BYTE ? 1 : BY_THE_BYTE;
    else if (chosen == PIECES_UNEVEN)
        wanted = at < BY_THE_BYTE ? 2 + (at * 7 + whole) % 5 : BY_THE_BYTE - 1;
    else if (chosen == PIECES_HALVES && at < whole / 2)
        wanted = whole / 2 - at;
    return wanted < left ? wanted : left;
}

/* In turn in two rooms: what lay in one is gone while the next is read. */
const unsigned char *pieces_begin(const unsigned char *from, size_t size) {
    piece_from = from;
    piece_size = size;
    if (PARSE_CHECKED) {
        piece = malloc(size + !size);
        if (!piece)
            abort();
    } else {
        piece = arena.room[turn % ARENA_FILLS] + arena.room_size - size;
    }
    int counts = copies.input != NULL;
    copies.input = NULL; /* this copy is ours */
    memcpy(piece, from, size);
    if (counts) {
        copies.input = piece;
        copies.size = size;
    }
    emitted_expect(piece, size, (int)heald_parser.in_place);
    return piece;
}

void pieces_end(void) {
    if (PARSE_CHECKED)
        free(piece);
    else
        arena_restore(&arena, turn % ARENA_FILLS, arena.room_size - piece_size,
                      piece_size);
    turn++;
}

ptrdiff_t pieces_offset(const unsigned char *address, const unsigned char *data) {
    return piece ? address - piece + (piece_from - data) : address - data;
}
