/* SPDX-License-Identifier: MIT */
/*
 * content: the byte that belongs at each place of a source file.
 *
 * Why       A byte must say where it comes from, or a transfer that repeats or skips a block
 *           would look right. Its period, 1,000,003, is prime: no buffer or page divides it.
 * Values    Old bytes are 1..127, so a zero can only be a hole or a truncation, and the new
 *           bytes of an overwritten source are old | 128: every byte shows its age.
 */
#ifndef HEALD_FAULTS_CONTENT_H
#define HEALD_FAULTS_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#define CONTENT_NEW 0x80u
#define CONTENT_NEVER 0x80 /* neither old nor new nor zero: nobody wrote here */

/* Call once before the others. */
void content_begin(void);

void content_fill(unsigned char *to, uint64_t seed, int64_t position, size_t bytes);

/* The first index where `seen` is not the content, or `bytes`. */
size_t content_mismatch(const unsigned char *seen, uint64_t seed, int64_t position,
                        size_t bytes);

unsigned char content_at(uint64_t seed, int64_t position);

#endif
