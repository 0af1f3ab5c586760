/* SPDX-License-Identifier: MIT */
/*
 * statics: the variables of Rust's standard library in a program, by their names.
 *
 * Why       Numbers of threads, standard output, what is set up once and taken down at the end: most are used by
 *           one thread at a time, and then the search need not hear of it (execution/untold.h).
 * Names     As rustc mangles them ("v0", Rust RFC 2603): the crates of a path are "Cs", a number in base 62,
 *           "_", the length of a name, the name. Those of std name no crate but std, core and alloc.
 */
#ifndef EXPLORE_STATICS_H
#define EXPLORE_STATICS_H

#include <heald/explore.h>

#include "program/image.h"

/* Ascending and apart, to be freed; `*count` of them. */
struct explore_range *statics_of_library(const struct image *image, size_t *count);

#endif
