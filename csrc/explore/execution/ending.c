/* SPDX-License-Identifier: MIT */
/* ending: see ending.h. */
#include "execution/ending.h"

#include "execution/bound.h"
#include "execution/events.h"
#include "execution/failed.h"
#include "execution/leaks.h"
#include "execution/loops.h"
#include "execution/next.h"
#include "execution/onward.h"
#include "execution/rounds.h"
#include "graph/log.h"
#include "graph/node.h"

/* The AWAIT that follows when a sleeping read gets the value; NULL: it sleeps on a guard, or nobody knows. */
static const struct node *sleeper_await(const struct event *sleeper,
                                        const uint64_t value[2], uint64_t *between) {
    const struct node *next = node_next(sleeper->node, value, sleeper->succeeded);
    *between = 0;
    while (next && next->kind != ACTION_AWAIT) {
        next = next->edges == 1 ? next->first.to : NULL;
        ++*between;
    }
    return next;
}

/* Whatever it saw when it fell asleep: what is there now is not what it waits for, either. */
static int guard_is_in_vain(struct explorer *explorer, const struct event *sleeper) {
    const struct location *location = sleeper->location;
    uint64_t value[2];
    event_value_for(explorer, sleeper->node, location->mo[location->mo_count - 1], value);
    return !node_guard_holds(sleeper->node, value);
}

/* The newest value need not be the one it fell asleep with: is it known to lead back, too? */
static const struct node *newest_await(struct explorer *explorer,
                                       const struct event *sleeper, uint64_t *between) {
    const struct location *location = sleeper->location;
    uint64_t value[2];
    if (loop_read_is_fresh(explorer, sleeper))
        return sleeper_await(sleeper, sleeper->read, between);
    event_value_for(explorer, sleeper->node, location->mo[location->mo_count - 1], value);
    if (node_cas_succeeds(sleeper->node, value) ||
        !node_loops_on(sleeper->node, value, 0))
        return NULL;
    const struct node *await = sleeper_await(sleeper, value, between);
    return await && !await->action.operand[1] ? await : NULL;
}

/* Does it only look again because something failed for no reason? That does not happen for ever. */
static int failed_weakly(const struct explorer *explorer, const struct thread *thread,
                         const struct event *sleeper, const struct node *node) {
    if (!explorer->options->weak_failures)
        return 0;
    if (!sleeper)
        return loop_round_failed_weakly(thread, node->action.operand[0]);
    uint64_t between = 0;
    const struct node *await = sleeper_await(sleeper, sleeper->read, &between);
    return await && loop_round_failed_weakly(thread, await->action.operand[0] - between);
}

static int sleeper_is_fresh(struct explorer *explorer, const struct thread *thread,
                            const struct event *sleeper) {
    if (sleeper->node->action.guard)
        return guard_is_in_vain(explorer, sleeper);
    uint64_t between;
    const struct node *await = newest_await(explorer, sleeper, &between);
    if (!await)
        return 0;
    struct thread before = *thread; /* the sleeper has been looked at */
    before.count--;
    return loop_round_is_fresh(explorer, &before, await->action.operand[0] - between - 1);
}

/* Who cannot go on. */
struct stuck {
    const struct event *sleeper; /* NULL: all of them join */
    int guarded;
    int rounds; /* some go round and write: whether all are stuck does not show in what they did */
};

static void stuck_in_read(struct stuck *stuck, const struct event *sleeper) {
    int guarded = sleeper->node->action.guard != GUARD_NONE;
    if (guarded || !stuck->sleeper)
        stuck->sleeper = sleeper;
    stuck->guarded |= guarded;
}

/* Is there nobody left who could go on if it only looked again? Where an assumption failed nobody is to
 * blame, whoever else waits. */
static int all_may_be_stuck(struct explorer *explorer, struct stuck *stuck) {
    struct graph *graph = &explorer->graph;
    int fresh = 1;
    for (size_t i = 0; i < graph->thread_count; i++) {
        struct thread *thread = &graph->threads[i];
        if (thread_is_over(thread) || (i && !thread->spawned_by))
            continue;
        const struct event *last = thread_last(thread);
        if (last && (last->flags & EVENT_WAITING)) {
            if (failed_weakly(explorer, thread, last, NULL))
                return 0;
            stuck_in_read(stuck, last);
            fresh &= sleeper_is_fresh(explorer, thread, last);
            continue;
        }
        const struct node *node = next_node(explorer, (uint32_t)i);
        if (node && next_runs_on(explorer, thread, node))
            continue;
        if (node && node->kind == ACTION_JOIN && node->action.operand[0] == JOIN_NOBODY)
            return 0;
        if (!node || (node->kind != ACTION_AWAIT && node->kind != ACTION_ROUND))
            continue; /* a join */
        if (failed_weakly(explorer, thread, NULL, node))
            return 0;
        stuck->rounds |= node->kind == ACTION_ROUND && !graph->exited;
        fresh &= loop_round_is_fresh(explorer, thread, node->action.operand[0]);
        if (!stuck->sleeper)
            stuck->sleeper = last;
    }
    return fresh || stuck->rounds;
}

/* The same, where that is known. Where once it was not the verdict is undecided, and nobody asks again. */
static int nobody_goes_on(struct explorer *explorer, struct stuck *stuck) {
    struct explore_result *result = explorer->result;
    if (!all_may_be_stuck(explorer, stuck))
        return 0;
    if (!stuck->rounds)
        return 1;
    enum onward onward =
        result->notes & EXPLORE_NOTE_ROUNDS ? ONWARD_UNKNOWN : onward_from_here(explorer);
    if (onward == ONWARD_UNKNOWN && !explorer->stop)
        result->notes |= EXPLORE_NOTE_ROUNDS;
    return onward == ONWARD_NOBODY;
}

static void report_stuck(struct explorer *explorer, const struct stuck *stuck) {
    struct graph *graph = &explorer->graph;
    int deadlock = stuck->guarded || !stuck->sleeper;
    failed_report(explorer, deadlock ? FAILURE_DEADLOCK : FAILURE_LIVELOCK,
                  deadlock ? "nobody is left who could wake the threads that wait"
                           : "a loop waits for a value that nobody will ever write",
                  stuck->sleeper ? stuck->sleeper : graph->sequence[graph->count - 1],
                  NULL, NULL);
}

static void complete(struct explorer *explorer) {
    const struct explore_callbacks *callbacks = &explorer->options->callbacks;
    struct explore_result *result = explorer->result;
    result->executions++;
    log_text(&explorer->graph, '=', "complete");
    leaks_judge(explorer);
    struct explore_view view = {explorer};
    if (callbacks->on_execution && callbacks->on_execution(callbacks->self, &view))
        explorer->stop = result->stopped = 1;
}

/* Whoever still waits when the process ends, ends with it. */
void ending_reached(struct explorer *explorer) {
    const struct explore_options *options = explorer->options;
    struct explore_result *result = explorer->result;
    if (explorer->has_rounds && !explorer->sampler && rounds_were_in_vain(explorer))
        return;
    if (bound_has_cut(explorer)) {
        result->cut++;
        return;
    }
    struct stuck stuck = {NULL, 0, 0};
    int over = !explorer->graph.open;
    int waits = !over && nobody_goes_on(explorer, &stuck);
    if (over || (waits && explorer->graph.exited)) {
        complete(explorer);
    } else {
        result->blocked++;
        log_text(&explorer->graph, '=', "blocked");
        if (waits)
            report_stuck(explorer, &stuck);
    }
    if (options->max_executions && !explorer->sampler &&
        result->executions + result->blocked >= options->max_executions)
        explorer->stop = result->stopped = 1;
}
