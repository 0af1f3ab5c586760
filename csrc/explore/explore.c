/* SPDX-License-Identifier: MIT */
/* explore: set up, search, take down; the only function that callers start. */
#include "heald/explore.h"

#include <stdlib.h>
#include <string.h>

#include "execution/explorer.h"
#include "graph/widths.h"
#include "sampling/sample.h"
#include "search/estimate.h"
#include "search/parts.h"
#include "search/search.h"

enum { MOST_BEGINNINGS = 4096 };
#define DEFAULT_MEMORY_CAP ((size_t)40 << 20)

static void explorer_report(struct explorer *explorer) {
    struct explore_result *result = explorer->result;
    int is_later = explorer->options->after && *explorer->options->after;
    result->peak_bytes = explorer_bytes(explorer);
    result->refused = explorer->graph.refused;
    result->twins = (uint64_t)__builtin_popcountll(explorer->graph.twins);
    if (explorer->sampler)
        return;
    if (explorer->stop && !is_later && !result->failures && explorer->estimate == 0 &&
        !result->long_loop.followed) /* a probe would not come to an end, either */
        estimate_executions(explorer);
    result->estimate = explorer_estimate(explorer);
    result->shares = explorer->done;
}

/* One search from the beginning. 1: what it found out calls for another, with nothing remembered. */
static int explore_once(const struct program *program, struct explore_options *options,
                        struct explore_result *result) {
    struct explorer *explorer = calloc(1, sizeof *explorer);
    if (!explorer)
        return -1;
    explorer->program = program;
    explorer->options = options;
    explorer->result = result;
    explorer->widths = options->widths;
    explorer->forgets = options->no_memo;
    if (options->search == EXPLORE_EXHAUSTIVE && !(options->after && *options->after))
        explorer->when_long = estimate_executions;
    volatile int outcome = 0;
    if (setjmp(explorer->panic)) {
        outcome = -1;
    } else {
        explorer_begin(explorer);
        if (options->widths_text)
            widths_read(&explorer->panic, explorer->widths, options->widths_text);
        if (options->shared)
            estimate_tree(explorer);
        if (options->search == EXPLORE_EXHAUSTIVE)
            search_exhaustively(explorer);
        else
            sample_executions(explorer);
        if (!explorer->begins_anew)
            explorer_report(explorer);
        outcome = explorer->begins_anew;
        if (explorer->forgets)
            options->no_memo = 1;
    }
    sample_end(explorer);
    parts_end(explorer);
    explorer_end(explorer);
    free(explorer);
    return outcome;
}

int explore(const struct program *program, const struct explore_options *options,
            struct explore_result *result) {
    struct explore_options complete = *options;
    if (!complete.memory_cap)
        complete.memory_cap = DEFAULT_MEMORY_CAP;
    memset(result, 0, sizeof *result);
    struct explore_widths own = {NULL, 0, 0};
    if (!complete.widths)
        complete.widths = &own;
    int outcome = explore_once(program, &complete, result);
    for (int times = 0; outcome > 0 && times < MOST_BEGINNINGS; times++) {
        uint32_t notes = result->notes;
        if (result->given) { /* what others have was cut from what is void now */
            result->lost = 1;
            break;
        }
        memset(result, 0, sizeof *result);
        result->notes = notes;
        if (complete.callbacks.on_begin_anew)
            complete.callbacks.on_begin_anew(complete.callbacks.self);
        outcome = explore_once(program, &complete, result);
    }
    free(own.width);
    if (outcome > 0)
        result->stopped = 1;
    return outcome < 0 ? -1 : 0;
}
