/* SPDX-License-Identifier: MIT */
/* explore: set up, search, take down; the only function that callers start. */
#include "heald/explore.h"

#include <stdlib.h>
#include <string.h>

#include "execution/explorer.h"
#include "graph/symmetry.h"

enum { DEFAULT_MAX_EVENTS = 20000, MOST_EVENTS = 60000 };
#define DEFAULT_MEMORY_CAP ((size_t)40 << 20)

int model_allows(struct explorer *explorer, struct event *event) {
    struct graph *graph = &explorer->graph;
    if (graph->symmetric && !symmetry_allows(graph, event))
        return 0;
    if (graph->model != EXPLORE_RC11)
        return total_order_allows(graph, &explorer->scratch, event);
    if (graph->sc_count < 2)
        return 1;
    if (!graph->weak_count)
        return total_order_allows(graph, &explorer->scratch, event);
    return psc_allows(graph, &explorer->scratch);
}

void explorer_begin(struct explorer *explorer) {
    static const uint64_t no_argument[2] = {0, 0};
    const struct explore_options *options = explorer->options;
    graph_init(&explorer->graph, options->model, &explorer->panic);
    explorer->graph.symmetric =
        options->symmetry && options->search == EXPLORE_EXHAUSTIVE;
    explorer->graph.own_begin = options->own_begin;
    explorer->graph.own_end = options->own_end;
    memory_init(&explorer->memory, &explorer->panic);
    explorer->graph.memory = &explorer->memory;
    explorer->memory.heap_begin = options->heap_begin;
    explorer->memory.heap_end = options->heap_end;
    behaviour_init(&explorer->behaviour, &explorer->graph, &explorer->panic);
    explorer->behaviour.races_allowed = options->races_allowed;
    explorer->behaviour.cap = options->memory_cap;
    arena_init(&explorer->scratch, &explorer->panic);
    explorer->max_events = options->max_events ? options->max_events : DEFAULT_MAX_EVENTS;
    if (explorer->max_events > MOST_EVENTS)
        explorer->max_events = MOST_EVENTS;
    graph_thread(&explorer->graph, 0)->root =
        &behaviour_root(&explorer->behaviour, 0, no_argument)->first;
}

size_t explorer_bytes(const struct explorer *explorer) {
    return explorer->graph.arena.total + explorer->behaviour.arena.total +
           explorer->memory.arena.total + explorer->scratch.total;
}

static void explorer_report(struct explorer *explorer) {
    struct explore_result *result = explorer->result;
    result->peak_bytes = explorer_bytes(explorer);
    result->twins = (uint64_t)__builtin_popcountll(explorer->graph.twins);
    if (explorer->sampler)
        return;
    if (!result->exhausted && !result->failures && explorer->estimate == 0)
        estimate_executions(explorer);
    result->estimate = estimate_now(explorer);
    result->shares = explorer->done;
}

void explorer_end(struct explorer *explorer) {
    sampler_end(explorer);
    live_free(&explorer->live);
    behaviour_free(&explorer->behaviour);
    memory_free(&explorer->memory);
    graph_free(&explorer->graph);
    arena_free(&explorer->scratch);
    free(explorer->children);
}

/* One search from the beginning. 1: what it found out calls for another, with nothing remembered. */
static int explore_once(const struct program *program,
                        const struct explore_options *options,
                        struct explore_result *result) {
    struct explorer *explorer = calloc(1, sizeof *explorer);
    if (!explorer)
        return -1;
    explorer->program = program;
    explorer->options = options;
    explorer->result = result;
    explorer->forgets = options->no_memo;
    volatile int outcome = 0;
    if (setjmp(explorer->panic)) {
        outcome = -1;
    } else {
        explorer_begin(explorer);
        if (options->search == EXPLORE_EXHAUSTIVE)
            search_exhaustively(explorer);
        else
            sample_executions(explorer);
        if (!explorer->begins_anew)
            explorer_report(explorer);
        outcome = explorer->begins_anew;
    }
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
    int outcome = explore_once(program, &complete, result);
    if (outcome > 0) {
        uint32_t notes = result->notes;
        complete.no_memo = 1;
        memset(result, 0, sizeof *result);
        result->notes = notes;
        outcome = explore_once(program, &complete, result);
    }
    return outcome < 0 ? -1 : 0;
}
