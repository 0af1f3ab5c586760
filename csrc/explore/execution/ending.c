/* SPDX-License-Identifier: MIT */
/* ending: see ending.h. */
#include "execution/ending.h"

#include "execution/failure.h"
#include "execution/leaks.h"
#include "execution/loops.h"
#include "execution/next.h"
#include "graph/node.h"

/* The AWAIT that follows a sleeping read's value; NULL: it sleeps on a guard. */
static const struct node *sleeper_await(const struct event *sleeper, uint64_t *between) {
    const struct node *next = node_next(sleeper->node, sleeper->read, sleeper->succeeded);
    *between = 0;
    while (next && next->kind != ACTION_AWAIT) {
        next = next->edges == 1 ? next->first.to : NULL;
        ++*between;
    }
    return next;
}

static int sleeper_is_fresh(struct explorer *explorer, const struct thread *thread,
                            const struct event *sleeper) {
    if (!loop_read_is_fresh(explorer, sleeper))
        return 0;
    if (sleeper->node->action.guard)
        return 1;
    uint64_t between;
    const struct node *await = sleeper_await(sleeper, &between);
    return await &&
           loop_round_is_fresh(explorer, thread, await->action.operand[0] - between);
}

/* Judges a graph in which threads are left that cannot go on. */
static void judge_sleepers(struct explorer *explorer) {
    struct graph *graph = &explorer->graph;
    const struct event *sleeper = NULL;
    int guarded = 0;
    for (size_t i = 0; i < graph->thread_count; i++) {
        struct thread *thread = &graph->threads[i];
        if (thread->finish || (i && !thread->spawned_by))
            continue;
        const struct event *last = thread_last(thread);
        if (last && (last->flags & EVENT_WAITING)) {
            if (!sleeper_is_fresh(explorer, thread, last))
                return;
            if (last->node->action.guard || !sleeper)
                sleeper = last;
            if (last->node->action.guard)
                guarded = 1;
            continue;
        }
        const struct node *node = next_node(explorer, (uint32_t)i);
        if (!node || node->kind != ACTION_AWAIT)
            continue; /* a join */
        if (!loop_round_is_fresh(explorer, thread, node->action.operand[0]))
            return;
        if (!sleeper)
            sleeper = last;
    }
    failure_report(explorer, guarded || !sleeper ? FAILURE_DEADLOCK : FAILURE_LIVELOCK,
                   guarded || !sleeper
                       ? "nobody is left who could wake the threads that wait"
                       : "a loop waits for a value that nobody will ever write",
                   sleeper ? sleeper : graph->sequence[graph->count - 1], NULL, NULL);
}

static int all_finished(const struct graph *graph) {
    if (graph->exited)
        return 1;
    for (size_t i = 0; i < graph->thread_count; i++)
        if (!graph->threads[i].finish && (!i || graph->threads[i].spawned_by))
            return 0;
    return 1;
}

void ending_reached(struct explorer *explorer) {
    const struct explore_options *options = explorer->options;
    struct explore_result *result = explorer->result;
    if (all_finished(&explorer->graph)) {
        result->executions++;
        leaks_judge(explorer);
        struct explore_view view = {explorer};
        if (options->callbacks.on_execution &&
            options->callbacks.on_execution(options->callbacks.self, &view))
            explorer->stop = result->stopped = 1;
    } else {
        result->blocked++;
        judge_sleepers(explorer);
    }
    if (options->max_executions && !explorer->sampler &&
        result->executions + result->blocked >= options->max_executions)
        explorer->stop = result->stopped = 1;
}
