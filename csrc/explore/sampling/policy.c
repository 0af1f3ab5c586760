/* SPDX-License-Identifier: MIT */
/* policy: see policy.h. */
#include "sampling/policy.h"

#include <stdlib.h>

#include "graph/array.h"

void policy_free(struct policy *policy) {
    free(policy->priority);
    free(policy->change);
}

void policy_room(struct policy *policy, struct explorer *explorer) {
    policy->priority =
        array_grown(&explorer->panic, policy->priority, &policy->priorities,
                    explorer->graph.thread_count, sizeof *policy->priority);
}
