/* SPDX-License-Identifier: MIT */
/* next: what a thread does next, out of memory or by running it. */
#ifndef EXPLORE_NEXT_H
#define EXPLORE_NEXT_H

#include "execution/explorer.h"

/* NULL if the thread is not there, has ended or a failure was reported. */
struct node *next_node(struct explorer *explorer, uint32_t thread);

#endif
