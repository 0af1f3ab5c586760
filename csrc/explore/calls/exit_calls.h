/* SPDX-License-Identifier: MIT */
/* exit_calls: a signal that the program brings upon itself. */
#ifndef EXPLORE_EXIT_CALLS_H
#define EXPLORE_EXIT_CALLS_H

#include <stdint.h>

/* Ends the process with a failure, unless the signal is ignored; an error of the call, or 0. */
int exit_raise(int signal, const char *call, uint32_t site);

#endif
