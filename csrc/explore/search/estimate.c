/* SPDX-License-Identifier: MIT */
/* estimate: see estimate.h. */
#include "search/estimate.h"

#include <stdlib.h>
#include <string.h>

#include "search/search.h"
#include <heald/random.h>

enum {
    FEWEST_PROBES = 16,
    MOST_PROBES = 400,
    MOST_EFFORT = 40000,
    SMALL_TREE = 200,
    MOST_WORK = 1000000 /* steps, and 8 bytes of a long one; then it stays unknown */
};
#define UNKNOWN (-1.0)

static void probe(struct explorer *explorer, struct random *random) {
    explorer->aim = (double)(random_next(random) >> 11) / (double)(UINT64_C(1) << 53);
    explorer->weight = 1;
    explorer->done = 0;
    search_visit(explorer);
}

static double mean_of_probes(struct explorer *explorer) {
    struct random random = {explorer->options->seed};
    uint32_t probes = 0;
    explorer->probing = 1;
    explorer->ask_at = MOST_WORK;
    do
        probe(explorer, &random);
    while (!explorer->stop &&
           (++probes < FEWEST_PROBES ||
            (probes < MOST_PROBES && explorer->leaves > (double)SMALL_TREE * probes &&
             explorer->effort + explorer->result->steps < MOST_EFFORT)));
    return explorer->stop ? UNKNOWN : explorer->leaves / probes;
}

/* An explorer that asks `what` of the whole tree, whatever part this is. 1: it found that it must begin anew. */
static int ask_beside(struct explorer *explorer,
                      void (*what)(struct explorer *, struct explorer *)) {
    struct explore_options options = *explorer->options;
    struct explore_result result = {0};
    options.callbacks =
        (struct explore_callbacks){.hurry = explorer->options->callbacks.hurry};
    options.max_executions = 0;
    options.after = options.until = NULL;
    struct explorer *beside = calloc(1, sizeof *beside);
    if (!beside)
        return 0;
    beside->program = explorer->program;
    beside->options = &options;
    beside->result = &result;
    beside->widths = explorer->widths;
    if (!setjmp(beside->panic)) {
        explorer_begin(beside);
        what(explorer, beside);
    }
    int anew = beside->begins_anew;
    explorer_end(beside);
    free(beside);
    explorer->live.valid = 0; /* the program has been elsewhere */
    return anew;
}

static void ask_estimate(struct explorer *explorer, struct explorer *beside) {
    explorer->estimate = mean_of_probes(beside);
}

void estimate_executions(struct explorer *explorer) {
    ask_beside(explorer, ask_estimate);
}

static void ask_tree(struct explorer *explorer, struct explorer *beside) {
    struct random random = {1};
    beside->probing = 1;
    beside->ask_at = MOST_WORK;
    for (int probes = 0; probes < FEWEST_PROBES && !beside->stop; probes++)
        probe(beside, &random);
    explorer->result->tree =
        beside->stop ? 0 : beside->result->tree >> 2; /* as JSON likes it */
}

void estimate_tree(struct explorer *explorer) {
    while (ask_beside(explorer, ask_tree))
        ;
}
