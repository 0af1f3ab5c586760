/* SPDX-License-Identifier: MIT */
/*
 * leaks: descriptors that a subject left open.
 *
 * Why       A server that leaks one on an error path dies after a day.
 * How       New descriptors take the lowest free numbers, so the first 32 are looked at after
 *           the call, with one system call. Where cases are few (all but those drawn in bulk)
 *           all numbers are, since one that was moved away has any. Open may be what was open before the first case,
 *           and the case's own; the host's others are above 200.
 */
#ifndef HEALD_FAULTS_LEAKS_H
#define HEALD_FAULTS_LEAKS_H

#include "fixture.h"

#include <stdbool.h>
#include <stdint.h>

/* Once, before the first case. */
void leaks_begin(void);

/* Whether all numbers are looked at. */
void leaks_look_everywhere(bool everywhere);

/* Just before the call: what is open at higher numbers. */
void leaks_before(void);

/* Counts, and closes, what is open now and is not the case's own. */
uint32_t leaks_close(const struct fixture *own);

#endif
