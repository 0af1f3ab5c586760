/* SPDX-License-Identifier: MIT */
/* policies: see policies.h. */
#include "sampling/policies.h"

#include <string.h>

void policies_choose(struct policy *policy, const struct explore_options *options) {
    memset(policy, 0, sizeof *policy);
    policy->random.state = options->seed;
    switch (options->search) {
    case EXPLORE_PCT:
        policy_pct(policy, options);
        break;
    case EXPLORE_POS:
        policy_pos(policy);
        break;
    case EXPLORE_REPLAY:
        policy_replay(policy, options);
        break;
    case EXPLORE_CHOICES:
        policy_choices(policy, options);
        break;
    case EXPLORE_MIXED:
        policy_mixed(policy);
        break;
    default:
        policy_uniform(policy);
        break;
    }
}
