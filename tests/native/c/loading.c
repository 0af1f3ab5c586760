/* SPDX-License-Identifier: MIT */
/* loading: what a constructor can do before any scenario runs; LOADING says what. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int *volatile nowhere;

void nothing(void);

__attribute__((constructor)) static void when_loaded(void) {
    (void)nowhere;
    LOADING;
}

void nothing(void) {}
