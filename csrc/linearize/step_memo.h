/* SPDX-License-Identifier: MIT */
/*
 * step_memo: what a model outside of C answered, remembered.
 *
 * Why       Asking a Python class costs a microsecond or more; the search asks the same question
 *           thousands of times, of few states and few classes of calls.
 */
#ifndef LINEARIZE_STEP_MEMO_H
#define LINEARIZE_STEP_MEMO_H

#include "heald/linearize.h"

struct step_memo;

struct step_memo *step_memo_open(void);
void step_memo_close(struct step_memo *memo);

/* The next state, -1: not accepted, -2: the model or memory failed. */
int64_t step_memo_ask(struct step_memo *memo, const struct linear_options *options,
                      int64_t state, uint32_t code);

#endif
