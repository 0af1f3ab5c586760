/* SPDX-License-Identifier: MIT */
/* dies_when_loaded: a constructor that aborts, before any scenario runs. */
#include <stdlib.h>

void nothing(void);

__attribute__((constructor)) static void die(void) { abort(); }

void nothing(void) {}
