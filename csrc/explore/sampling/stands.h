/* SPDX-License-Identifier: MIT */
/* stands: where each thread stood when it was last looked at, and where all stood at the base. */
#ifndef EXPLORE_STANDS_H
#define EXPLORE_STANDS_H

#include "sampling/sampler.h"

/* Room for so many threads in all arrays. */
void stands_room(struct sampler *sampler, size_t threads);
/* A thread was created. */
void stands_expect_threads(struct sampler *sampler);
/* Nothing is known of any. */
void stands_forget(struct sampler *sampler);
/* The base is where they stand now, before the first choice; and back to it. */
void stands_keep_base(struct sampler *sampler);
void stands_to_base(struct sampler *sampler);

#endif
