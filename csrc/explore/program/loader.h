/* SPDX-License-Identifier: MIT */
/*
 * loader: map an executable, bind its symbols, relocate it.
 *
 * Why       The system's loader gives a program the host's own libraries and an address of its choice.
 *           Here the caller says what each symbol is, and the same program lies at the same place.
 */
#ifndef EXPLORE_LOADER_H
#define EXPLORE_LOADER_H

#include "program/image.h"

/* Where an undefined symbol leads; 0 refuses it (a weak one becomes NULL). */
typedef uintptr_t (*loader_resolver)(void *self, const char *name, bool is_weak);

/* False: `problem` says why, in one line, as a user can understand it. */
bool loader_load(struct image *image, const char *path, loader_resolver resolve,
                 void *self, char *problem, size_t problem_bytes);

#endif
