/* SPDX-License-Identifier: MIT */
/* leaks: see leaks.h. */
#include "execution/leaks.h"

#include <string.h>

#include "execution/events.h"
#include "execution/failed.h"
#include "execution/live.h"
#include "graph/blocks.h"
#include "graph/cells.h"
#include "graph/node.h"

/* With races allowed a read may have left an older value than the latest one. */
static void settle(struct explorer *explorer, struct location *location) {
    uint64_t value[2];
    if (location->hidden || location->mo_count < 2)
        return;
    struct event *last = location->mo[location->mo_count - 1];
    if (last->flags & EVENT_BASE)
        return; /* plain bytes: they are there */
    event_value_of(explorer, last, value);
    memcpy((void *)location->address, value, location->size);
}

/* Takes the real run to where the graph ends, memory included. 0: a failure was reported. */
static int finish(struct explorer *explorer) {
    const struct graph *graph = &explorer->graph;
    if (!live_to_end(explorer))
        return 0;
    for (size_t l = 0; l < graph->location_count; l++)
        settle(explorer, graph->locations[l]);
    return 1;
}

/* A block that is left is lost unless the program can still reach it: memory has to be looked at. */
static size_t first_lost(struct explorer *explorer, const struct event *const *left,
                         size_t count) {
    const struct program *program = explorer->program;
    if (!program->first_lost || !count)
        return 0;
    uintptr_t *blocks = arena_take(&explorer->scratch, count * sizeof *blocks);
    for (size_t i = 0; i < count; i++)
        blocks[i] = left[i]->node->action.address;
    return finish(explorer) ? program->first_lost(program->self, blocks, count) : count;
}

void leaks_judge(struct explorer *explorer) {
    if (explorer->options->leaks_allowed)
        return;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    const struct event **left =
        arena_take(&explorer->scratch, (explorer->memory.block_count + 1) * sizeof *left);
    size_t count = 0, from = 0;
    while ((left[count] = block_left(&explorer->memory, &from)) != NULL)
        count++;
    size_t lost = first_lost(explorer, left, count);
    if (lost < count)
        failed_report(explorer, FAILURE_LEAK,
                      "a block is never freed, and nothing leads to it any more",
                      left[lost], NULL, NULL);
    arena_release(&explorer->scratch, mark);
}
