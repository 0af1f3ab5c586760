/* SPDX-License-Identifier: MIT */
/* leaks: blocks that are left when an execution ends, and that nothing leads to any more. */
#ifndef EXPLORE_LEAKS_H
#define EXPLORE_LEAKS_H

#include "execution/explorer.h"

/* Reports the first of them, if the options ask for it. */
void leaks_judge(struct explorer *explorer);

#endif
