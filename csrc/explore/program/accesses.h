/* SPDX-License-Identifier: MIT */
/*
 * accesses: which plain accesses are the search's business, and how they are reported.
 *
 * Why       Constants, the host's own memory and wild addresses are not shared between threads of
 *           the program: the first two need no report, the last fault by themselves.
 */
#ifndef EXPLORE_ACCESSES_H
#define EXPLORE_ACCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "action.h"

/* Mapped memory of the program (constants too): an atomic may be there. */
bool access_may_be_atomic(const void *address, size_t size);

/* A plain access, ACTION_READ or ACTION_WRITE, ready to be asked; NULL if it is not the search's
 * business: empty, constant, or not the program's memory. */
struct action *access_plain(enum action_kind kind, const void *address, size_t length,
                            uint32_t site);

/* A plain access to a thread's own stack or storage while that is nobody else's (action.h, keep_private):
 * nothing is to be asked. */
bool access_is_private(enum action_kind kind, const void *address, size_t length);

/* An access to a stack: what others reach, or is reached atomically, is shared memory. */
void access_touches_stack(uintptr_t start, size_t length, bool is_atomic);

/* A plain access, asked. */
void access_ask(enum action_kind kind, const void *address, size_t length, uint32_t site);
/* The same of a block: what memcpy, calloc and their like do. */
void access_ask_block(enum action_kind kind, const void *address, size_t length,
                      uint32_t site);
/* A text that is read to its end: so many bytes. How far that is follows from what is there, so the
 * search is first shown what is there, up to a place that does not (ACTION_LOOK). */
void access_ask_text(const void *text, size_t bytes, uint32_t site);
/* Only shown: before several are read, of which one decides how far another is. */
void access_look(const void *memory, size_t bytes, uint32_t site);

/* With races allowed others may come between any two words of a block of up to so many bytes: each
   is an access of its own. */
enum { ACCESS_PIECES_BYTES = ACTION_PIECES_BYTES, ACCESS_WORD_BYTES = 8 };

bool access_goes_in_pieces(size_t bytes);

/* One access of the program that is more than one then: wider than a word, or not aligned. */
bool access_tears(const void *address, size_t size);

/* Asks such a read. What has been read is there again when the program loads it, whoever came between. */
void access_read_in_pieces(const void *address, size_t size, uint8_t flags,
                           uint32_t site);

/* The widest word that begins, or ends, at an address with these low bits. */
size_t access_piece(uintptr_t address, size_t left);

#endif
