/* SPDX-License-Identifier: MIT */
/*
 * arena: three places in which an input can lie, made once and used for every case.
 *
 * Why       mmap and mprotect for each case cost 9 us; copying the input into a standing arena
 *           costs as much as the input is long.
 * Shape     guard | room | guard, twice: the two rooms hold different old bytes around the
 *           input, so a parser that reads them gives two answers.
 */
#ifndef PARSE_ARENA_H
#define PARSE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_FILLS 2

struct arena {
    unsigned char *room[ARENA_FILLS]; /* first usable byte, page aligned */
    unsigned char *old[ARENA_FILLS];  /* what a room holds around the input; read-only */
    size_t room_size;                 /* bytes, a multiple of the page */
    size_t page;
};

int arena_open(struct arena *arena, size_t room_size);
void arena_close(struct arena *arena);

/* The old byte at this distance from the start of a room: never the same in two rooms. */
unsigned char arena_old_byte(unsigned fill, size_t at);

/* Puts the old bytes back over [at, at + size). */
void arena_restore(struct arena *arena, unsigned fill, size_t at, size_t size);

/* Nonzero where [at, at + size) of a room holds anything but its old bytes. */
int arena_touched(const struct arena *arena, unsigned fill, size_t at, size_t size);

#endif
