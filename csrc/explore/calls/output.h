/* SPDX-License-Identifier: MIT */
/*
 * output: what the program printed in one execution.
 *
 * Why       A program that prints would print a million times. What it wrote is kept and shown
 *           once, with the execution it belongs to.
 */
#ifndef EXPLORE_OUTPUT_H
#define EXPLORE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

enum { OUTPUT_BYTES = 65536 };

struct output {
    size_t used;
    bool is_cut; /* there was more */
    char bytes[OUTPUT_BYTES];
};

static inline void output_reset(struct output *output) {
    output->used = 0;
    output->is_cut = false;
}

/* Keeps as much as there is room for. */
void output_add(struct output *output, const char *bytes, size_t count);

/* What the program finds under the names stdin, stdout and stderr. */
extern void *output_stdin;
extern void *output_stdout;
extern void *output_stderr;

#endif
