/* SPDX-License-Identifier: MIT */
/*
 * chooser: what a resolver of an indirect function (ifunc, target_clones) chooses.
 *
 * Why       It is the program's code and runs before the program begins: its plain accesses come to the hooks,
 *           and nobody else is there to answer.
 * How       It runs as the first thread, alone; reads and writes are let through. Whatever else it asks for
 *           is refused: it would have to be asked again in every execution.
 */
#ifndef EXPLORE_CHOOSER_H
#define EXPLORE_CHOOSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: `problem` says why not. */
bool chooser_ask(uintptr_t resolver, uintptr_t *chosen, char *problem, size_t bytes);

#endif
