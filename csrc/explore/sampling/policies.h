/* SPDX-License-Identifier: MIT */
/*
 * policies: which policy an exploration samples with.
 *
 * Add one   A value of enum explore_search, its word in host/host_options.c, a file policy_NAME.c
 *           that fills a struct policy (policy.h), a line here.
 */
#ifndef EXPLORE_POLICIES_H
#define EXPLORE_POLICIES_H

#include "sampling/policy.h"

void policies_choose(struct policy *policy, const struct explore_options *options);

#endif
