/* SPDX-License-Identifier: MIT */
/* limits: see limits.h. */
#include "execution/limits.h"

enum {
    STEPS_BETWEEN_ASKING = 1024,
    LONG_SEARCH = 200000 /* steps, after which an estimate is worth its time */
};

int limits_asked(struct explorer *explorer) {
    const struct explore_callbacks *callbacks = &explorer->options->callbacks;
    struct explore_result *result = explorer->result;
    if (explorer->stop || (!callbacks->should_stop && !explorer->probing))
        return explorer->stop;
    if (explorer->probing) /* a long way down takes time that nobody has asked for */
        return explorer->stop = 1;
    explorer->ask_at = result->steps + STEPS_BETWEEN_ASKING;
    if (result->steps >= LONG_SEARCH && explorer->estimate == 0 && explorer->when_long)
        explorer->when_long(explorer);
    struct explore_progress progress = {result->executions,
                                        result->blocked,
                                        result->steps,
                                        explorer_estimate(explorer),
                                        0,
                                        explorer->done - explorer->skipped,
                                        result->tree,
                                        explorer_bytes(explorer)};
    if (progress.estimate > 0)
        progress.done =
            (double)(result->executions + result->blocked) / progress.estimate;
    if (callbacks->should_stop(callbacks->self, &progress))
        explorer->stop = result->stopped = 1;
    return explorer->stop;
}

void limits_worked(struct explorer *explorer, uint32_t cells) {
    explorer->ask_at = explorer->ask_at > cells ? explorer->ask_at - cells : 0;
}
