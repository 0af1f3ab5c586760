/* SPDX-License-Identifier: MIT */
/* model: see model.h. */
#include "models/model.h"

#include "graph/symmetry.h"
#include "models/psc.h"
#include "models/total_order.h"

static int is_consistent(struct graph *graph, struct arena *scratch,
                         struct event *event) {
    if (graph->model != EXPLORE_RC11)
        return total_order_allows(graph, scratch, event);
    if (graph->sc_count < 2)
        return 1;
    if (!graph->weak_count)
        return total_order_allows(graph, scratch, event);
    return psc_allows(graph, scratch, event);
}

int model_allows(struct graph *graph, struct arena *scratch, struct event *event) {
    if (graph->symmetric && !symmetry_allows(graph, event))
        return 0;
    int allows = is_consistent(graph, scratch, event);
    graph->refused += !allows;
    return allows;
}
