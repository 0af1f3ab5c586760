/* SPDX-License-Identifier: MIT */
/*
 * execution: what a thread does next, and what an execution that cannot grow has come to.
 *
 * Why       Exhaustive search, sampling and replay differ in what they choose, not in what that
 *           means. What an action becomes is in events.c, what is wrong with it in judge.c.
 */
#include "execution/explorer.h"
#include "execution/live.h"
#include "graph/blocks.h"

struct node *thread_next(struct explorer *explorer, uint32_t id) {
    struct thread *thread = &explorer->graph.threads[id];
    if (thread->finish || (id && !thread->spawned_by))
        return NULL;
    struct event *last = thread_last(thread);
    if (!last)
        return *thread->root ? *thread->root : live_learn(explorer, id);
    if (last->flags & EVENT_WAITING)
        return last->node;
    if (!last->after)
        last->after = behaviour_next(last->node, last->read, last->succeeded);
    return last->after ? last->after : live_learn(explorer, id);
}

int node_enabled(const struct explorer *explorer, const struct node *node) {
    if (node->kind == ACTION_AWAIT)
        return 0;
    if (node->kind != ACTION_JOIN)
        return 1;
    uint64_t id = node->action.operand[0];
    return id < explorer->graph.thread_count && explorer->graph.threads[id].finish;
}

int guard_holds(const struct node *node, const uint64_t *value) {
    switch (node->action.guard) {
    case GUARD_EQUAL:
        return value[0] == node->action.guard_value;
    case GUARD_NOT_EQUAL:
        return value[0] != node->action.guard_value;
    default:
        return 1;
    }
}

int node_is_private(const struct node *node) {
    return node->kind == ACTION_YIELD || node->kind == ACTION_READ ||
           node->kind == ACTION_WRITE;
}

const struct node *node_after(const struct node *node, const uint64_t *value,
                              uint8_t succeeded) {
    const struct node *next = behaviour_next(node, value, succeeded);
    while (next && node_is_private(next))
        next = next->edges == 1 ? next->first.to : NULL;
    return next;
}

int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded) {
    if (!node->loops)
        return 0;
    const struct node *next = node_after(node, value, succeeded);
    return next && next->kind == ACTION_AWAIT;
}

/* --- the end ------------------------------------------------------------------------------ */

/* Would the read get the same value from the latest write? */
static int read_is_fresh(struct explorer *explorer, const struct event *read) {
    const struct location *location = read->location;
    uint64_t value[2];
    if (read->rf == location->mo[location->mo_count - 1])
        return 1;
    event_value_of(explorer, location->mo[location->mo_count - 1], value);
    return value[0] == read->read[0] && value[1] == read->read[1];
}

/* Does a looping thread see the latest value in every read of its last `round` events? */
int round_is_fresh(struct explorer *explorer, const struct thread *thread,
                   uint64_t round) {
    for (size_t i = thread->count; i-- > 0 && round-- > 0;) {
        const struct event *event = thread->events[i];
        if ((event->flags & EVENT_READS) && !read_is_fresh(explorer, event))
            return 0;
    }
    return 1;
}

/* The AWAIT that follows a sleeping read's value; NULL: it sleeps on a guard. */
static const struct node *sleeper_await(const struct event *sleeper, uint64_t *between) {
    const struct node *next =
        behaviour_next(sleeper->node, sleeper->read, sleeper->succeeded);
    *between = 0;
    while (next && next->kind != ACTION_AWAIT) {
        next = next->edges == 1 ? next->first.to : NULL;
        ++*between;
    }
    return next;
}

static int sleeper_is_fresh(struct explorer *explorer, const struct thread *thread,
                            const struct event *sleeper) {
    if (!read_is_fresh(explorer, sleeper))
        return 0;
    if (sleeper->node->action.guard)
        return 1;
    uint64_t between;
    const struct node *await = sleeper_await(sleeper, &between);
    return await && round_is_fresh(explorer, thread, await->action.operand[0] - between);
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
        const struct node *node = thread_next(explorer, (uint32_t)i);
        if (!node || node->kind != ACTION_AWAIT)
            continue; /* a join */
        if (!round_is_fresh(explorer, thread, node->action.operand[0]))
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

/* A block that is left is lost unless the program can still reach it: memory has to be looked at. */
static size_t first_lost(struct explorer *explorer, const struct event *const *left,
                         size_t count) {
    const struct program *program = explorer->program;
    if (!program->first_lost || !count)
        return 0;
    uintptr_t *blocks = arena_take(&explorer->scratch, count * sizeof *blocks);
    for (size_t i = 0; i < count; i++)
        blocks[i] = left[i]->node->action.address;
    return live_finish(explorer) ? program->first_lost(program->self, blocks, count)
                                 : count;
}

static void judge_leaks(struct explorer *explorer) {
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
        failure_report(explorer, FAILURE_LEAK,
                       "a block is never freed, and nothing leads to it any more",
                       left[lost], NULL, NULL);
    arena_release(&explorer->scratch, mark);
}

void execution_ended(struct explorer *explorer) {
    const struct explore_options *options = explorer->options;
    struct explore_result *result = explorer->result;
    if (all_finished(&explorer->graph)) {
        result->executions++;
        judge_leaks(explorer);
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
