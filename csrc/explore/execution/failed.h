/* SPDX-License-Identifier: MIT */
/* failed: tell the caller what went wrong, where, and in which graph. */
#ifndef EXPLORE_FAILED_H
#define EXPLORE_FAILED_H

#include "execution/explorer.h"

void failed_report(struct explorer *explorer, enum explore_failure_kind kind,
                   const char *message, const struct event *event,
                   const struct event *partner, const struct event *origin);
/* A failure of what a thread is about to do. */
void failed_pending(struct explorer *explorer, enum explore_failure_kind kind,
                    const char *message, uint32_t thread, const struct node *node);

#endif
