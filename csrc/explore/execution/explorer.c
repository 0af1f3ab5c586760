/* SPDX-License-Identifier: MIT */
/* explorer: see explorer.h. Set up and taken down. */
#include "execution/explorer.h"

#include <stdlib.h>

#include "graph/cells.h"
#include "graph/graph.h"

enum { DEFAULT_MAX_EVENTS = 20000, MOST_EVENTS = 60000 };

void explorer_begin(struct explorer *explorer) {
    static const uint64_t no_argument[2] = {0, 0};
    const struct explore_options *options = explorer->options;
    graph_init(&explorer->graph, options->model, &explorer->panic);
    explorer->graph.symmetric =
        options->symmetry && options->search == EXPLORE_EXHAUSTIVE;
    explorer->graph.own_begin = options->own_begin;
    explorer->graph.own_end = options->own_end;
    cells_init(&explorer->memory, &explorer->panic);
    explorer->graph.memory = &explorer->memory;
    explorer->graph.widths = explorer->widths;
    explorer->memory.heap_begin = options->heap_begin;
    explorer->memory.heap_end = options->heap_end;
    behaviour_init(&explorer->behaviour, &explorer->graph, &explorer->panic);
    explorer->behaviour.races_allowed = options->races_allowed;
    explorer->behaviour.volatile_relaxed = options->volatile_relaxed;
    explorer->behaviour.cap = options->memory_cap;
    arena_init(&explorer->scratch, &explorer->panic);
    explorer->max_events = options->max_events ? options->max_events : DEFAULT_MAX_EVENTS;
    if (explorer->max_events > MOST_EVENTS)
        explorer->max_events = MOST_EVENTS;
    graph_thread(&explorer->graph, 0)->root =
        &behaviour_root(&explorer->behaviour, 0, no_argument, 0)->first;
}

size_t explorer_bytes(const struct explorer *explorer) {
    return explorer->graph.arena.total + explorer->behaviour.arena.total +
           explorer->memory.arena.total + explorer->scratch.total;
}

double explorer_estimate(const struct explorer *explorer) {
    const struct explore_result *result = explorer->result;
    double visited = (double)(result->executions + result->blocked);
    const struct explore_options *options = explorer->options;
    double estimate = explorer->estimate;
    int is_later = options->after && *options->after;
    if (is_later || (result->exhausted && !result->given))
        return visited;
    if (estimate <= 0)
        return 0;
    return estimate < visited ? visited : estimate;
}

void explorer_end(struct explorer *explorer) {
    free(explorer->live.threads);
    behaviour_free(&explorer->behaviour);
    cells_free(&explorer->memory);
    graph_free(&explorer->graph);
    arena_free(&explorer->scratch);
    free(explorer->children);
    free(explorer->untold.blocks);
    if (explorer->untold.is_open)
        arena_free(&explorer->untold.arena);
}
