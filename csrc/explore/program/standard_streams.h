/* SPDX-License-Identifier: MIT */
/*
 * standard_streams: what input and output write into std::cout and the like by themselves.
 *
 * Why       Threads may write to a standard stream at once: the language says that it is no race. libstdc++ and
 *           libc++ set the width back, look at the state and keep what they fill with all the same, in code that is
 *           compiled with the program. What the program sets itself, as with std::hex, is not left out.
 * Source    C++20, 29.4.2 [iostream.objects.overview], paragraph 5; ios_base.h of libstdc++, ios of libc++.
 */
#ifndef EXPLORE_STANDARD_STREAMS_H
#define EXPLORE_STANDARD_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/image.h"

enum { STANDARD_STREAMS = 16 };

struct standard_streams {
    uintptr_t start[STANDARD_STREAMS]; /* 0: the program has none of this name */
    uintptr_t lowest, end;             /* of all */
};

void standard_streams_open(struct standard_streams *streams, const struct image *image);

/* Whether an access is to what the stream sets by itself. */
bool standard_streams_own(const struct standard_streams *streams, uintptr_t start);

#endif
