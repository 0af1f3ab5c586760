/* SPDX-License-Identifier: MIT */
/* failure: tell the caller what went wrong, where, and in which graph. */
#ifndef EXPLORE_EXECUTION_FAILURE_H
#define EXPLORE_EXECUTION_FAILURE_H

#include "execution/explorer.h"

void failure_report(struct explorer *explorer, enum explore_failure_kind kind,
                    const char *message, const struct event *event,
                    const struct event *partner, const struct event *origin);
/* A failure of what a thread is about to do. */
void failure_pending(struct explorer *explorer, enum explore_failure_kind kind,
                     const char *message, uint32_t thread, const struct node *node);

#endif
