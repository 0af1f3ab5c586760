/* SPDX-License-Identifier: MIT */
/*
 * counter: a number that several threads increment.
 *
 * Why       The smallest thing that two threads can get wrong, and the yardstick of the
 *           native runner: a harness that cannot lose an update of the plain one sees
 *           nothing.
 * Files     One way to increment per file; each defines `struct counter` as it needs it.
 * Together            increment  read  is_valid
 *   increment         yes        yes   never
 *   read              yes        yes   never
 * Always    The value is the number of increments that have returned, and never negative.
 */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdbool.h>

struct counter;

void counter_init(struct counter *counter);
void counter_destroy(struct counter *counter);
void counter_increment(struct counter *counter);
long counter_read(struct counter *counter);
bool counter_is_valid(struct counter *counter);

#endif
