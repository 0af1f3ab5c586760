/* SPDX-License-Identifier: MIT */
/*
 * leaks: descriptors that a subject left open.
 *
 * Why       A server that leaks one on an error path dies after a day.
 * How       New descriptors take the lowest free numbers, so the first 32 are looked at after
 *           the call, with one system call. Open may be what was open before the first case,
 *           and the case's own; the host's others are above 200.
 */
#ifndef HEALD_FAULTS_LEAKS_H
#define HEALD_FAULTS_LEAKS_H

#include "fixture.h"

#include <stdint.h>

/* Once, before the first case. */
void leaks_begin(void);

/* Counts, and closes, what is open now and is not the case's own. */
uint32_t leaks_close(const struct fixture *own);

#endif
