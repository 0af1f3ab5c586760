/* SPDX-License-Identifier: MIT */
/*
 * library_data: the variables of the C library that a program may look at.
 *
 * Why       They are data, so no call shows that they are used. Each has the value that it has when a
 *           program begins, is the program's memory (races on it are seen), and is made anew between
 *           executions. A variable of a library that is not here is refused when the program is loaded.
 */
#ifndef EXPLORE_LIBRARY_DATA_H
#define EXPLORE_LIBRARY_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void library_data_reset(void);

/* 0: there is none of this name. What a call keeps for itself is "strtok's place". */
uintptr_t library_data_address(const char *name);
/* What lies at the address; NULL if it is none of these. */
const char *library_data_name(uintptr_t address, size_t *offset);

/* Whether the host's libraries have a variable, not a function, of this name. */
bool library_data_exists(const char *name);

extern struct library_data library_data_now;
bool library_data_covers(uintptr_t address, size_t length);

#endif
