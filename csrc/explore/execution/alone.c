/* SPDX-License-Identifier: MIT */
/* alone: see alone.h. */
#include "execution/alone.h"

#include <string.h>

#include "execution/events.h"
#include "execution/live.h"
#include "graph/locations.h"
#include "graph/node.h"
#include "value.h"

#ifndef ALONE_MOST_STEPS /* fewer where an explorer that is slow is tested */
#define ALONE_MOST_STEPS 10000000
#endif
enum {
    MOST_STEPS = ALONE_MOST_STEPS,
    STEPS_BETWEEN_LOOKS = 1024,
    MOST_HIDDEN = 16,
    TURNS = 3,
    A_TURN = MOST_STEPS / 64
};

struct hidden_value {
    uintptr_t address;
    uint64_t value[2];
};

/* A thread that runs on, and what it does next. */
struct runner {
    struct action next;
    int is_there, is_over;
};

struct alone {
    struct explorer *explorer;
    struct runner *runners;
    size_t hidden_count;
    struct hidden_value hidden[MOST_HIDDEN];
};

/* Hidden locations are in no memory: what this thread made of them is kept here. */
static uint64_t *hidden_value(struct alone *alone, const struct action *action) {
    for (size_t i = 0; i < alone->hidden_count; i++)
        if (alone->hidden[i].address == action->address)
            return alone->hidden[i].value;
    if (alone->hidden_count == MOST_HIDDEN)
        return NULL;
    struct graph *graph = &alone->explorer->graph;
    struct location *location = location_of(graph, action->address, action->size, 1);
    struct hidden_value *hidden = &alone->hidden[alone->hidden_count++];
    hidden->address = action->address;
    event_value_of(alone->explorer, location->mo[location->mo_count - 1], hidden->value);
    return hidden->value;
}

static int guard_holds(const struct action *action, uint64_t value) {
    switch (action->guard) {
    case GUARD_EQUAL:
        return value == action->guard_value;
    case GUARD_NOT_EQUAL:
        return value != action->guard_value;
    case GUARD_ROUND:
        return value >= action->guard_value;
    default:
        return 1;
    }
}

/* What the atomic access reads and writes; 0: it waits, or nobody knows what is there. */
static int answer_atomic(struct alone *alone, const struct action *action,
                         struct reply *reply) {
    int is_hidden = action->flags & ACTION_HIDDEN;
    void *memory = (void *)action->address;
    if (is_hidden)
        memory = hidden_value(alone, action);
    if (!memory)
        return 0;
    uint64_t old[2] = {0, 0}, now[2], expected[2];
    memcpy(old, memory, action->size);
    if (!guard_holds(action, old[0]))
        return 0;
    memcpy(now, old, sizeof now);
    memcpy(expected, action->expected, sizeof expected);
    value_cut(expected, action->size);
    if (action->kind == ACTION_RMW)
        value_of_rmw((enum action_op)action->op, action->size, action->operand, old, now);
    reply->succeeded =
        action->kind == ACTION_CAS && old[0] == expected[0] && old[1] == expected[1];
    if (action->kind == ACTION_STORE || reply->succeeded)
        memcpy(now, action->operand, sizeof now);
    if (action->kind != ACTION_LOAD && memcmp(old, now, action->size) != 0)
        memcpy(memory, now, action->size);
    if (action->kind != ACTION_STORE)
        memcpy(reply->value, old, sizeof old);
    return 1;
}

static int answer_join(struct alone *alone, const struct action *action,
                       struct reply *reply) {
    const struct graph *graph = &alone->explorer->graph;
    if (action->operand[0] >= graph->thread_count ||
        !alone->runners[action->operand[0]].is_over)
        return 0;
    reply->value[0] = alone->runners[action->operand[0]].next.operand[0];
    return 1;
}

/* 0: the thread does not go on by itself. */
static int answer(struct alone *alone, const struct action *action, struct reply *reply) {
    memset(reply, 0, sizeof *reply);
    switch (action->kind) {
    case ACTION_LOAD:
    case ACTION_STORE:
    case ACTION_RMW:
    case ACTION_CAS:
        return answer_atomic(alone, action, reply);
    case ACTION_JOIN:
        return answer_join(alone, action, reply);
    case ACTION_SPAWN:
    case ACTION_AWAIT:
    case ACTION_FINISH:
    case ACTION_EXIT:
    case ACTION_FAIL:
    case ACTION_CUT:
        return 0;
    default:
        return 1;
    }
}

static int is_in_a_hurry(const struct explorer *explorer) {
    const volatile sig_atomic_t *hurry = explorer->options->callbacks.hurry;
    return hurry && *hurry;
}

/* Steps until the thread does not go on by itself, or so many. */
static uint64_t run_on(struct alone *alone, uint32_t thread, uint64_t most) {
    const struct program *program = alone->explorer->program;
    struct action *action = &alone->runners[thread].next;
    struct reply reply;
    uint64_t steps = 0;
    while (steps < most && answer(alone, action, &reply)) {
        if (steps++ % STEPS_BETWEEN_LOOKS == 0 && is_in_a_hurry(alone->explorer))
            break;
        memset(action, 0, sizeof *action);
        program->step(program->self, thread, &reply, action);
    }
    alone->runners[thread].is_over = action->kind == ACTION_FINISH;
    return steps;
}

/* All others go as far as they do; 0: no step. */
static int others_go_on(struct alone *alone, uint32_t thread) {
    uint64_t steps = 0;
    for (uint32_t t = 0; t < alone->explorer->graph.thread_count; t++)
        if (t != thread && alone->runners[t].is_there && !alone->runners[t].is_over)
            steps += run_on(alone, t, A_TURN);
    return steps != 0;
}

/* The thread's steps. What it waits for may come from the others: they go on before it goes far. */
static uint64_t run_in_turns(struct alone *alone, uint32_t thread) {
    uint64_t steps = 0, now = A_TURN;
    for (int turn = 0; turn < TURNS && now == A_TURN; turn++) {
        if (turn && !others_go_on(alone, thread))
            break;
        steps += now = run_on(alone, thread, A_TURN);
    }
    return now == A_TURN ? steps + run_on(alone, thread, MOST_STEPS - steps) : steps;
}

static void begin(struct alone *alone) {
    struct explorer *explorer = alone->explorer;
    const struct graph *graph = &explorer->graph;
    alone->runners =
        arena_take(&explorer->scratch, graph->thread_count * sizeof *alone->runners);
    memset(alone->runners, 0, graph->thread_count * sizeof *alone->runners);
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        struct runner *runner = &alone->runners[t];
        runner->is_there = !t || graph->threads[t].spawned_by;
        if (!runner->is_there)
            continue;
        runner->is_over = thread_is_over(&graph->threads[t]);
        runner->next = runner->is_over ? graph->threads[t].finish->node->action
                                       : explorer->live.threads[t].shown;
    }
}

static const char *what_came(const struct action *action, int out_of_time) {
    switch (action->kind) {
    case ACTION_FINISH:
    case ACTION_EXIT:
        return "came to its end";
    case ACTION_FAIL:
        return "failed";
    case ACTION_SPAWN:
        return "started another thread";
    default:
        return out_of_time || action->kind == ACTION_CUT ? "the time was over"
                                                         : "waited for another thread";
    }
}

int alone_never_ends(struct explorer *explorer, uint32_t thread,
                     const struct node *node) {
    struct alone alone = {.explorer = explorer};
    if (!live_to_end(explorer))
        return 0;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    begin(&alone);
    uint64_t steps = run_in_turns(&alone, thread);
    const struct action last = alone.runners[thread].next, *action = &last;
    arena_release(&explorer->scratch, mark);
    explorer->live.valid = 0; /* it is ahead of the graph */
    if (steps == MOST_STEPS ||
        (action->kind == ACTION_FAIL && action->failure == FAILURE_ENDLESS))
        return 1;
    struct explore_long_loop *told = &explorer->result->long_loop;
    told->thread = thread;
    told->site = node->action.site;
    told->followed = explorer->max_events;
    told->further = steps;
    told->then = what_came(action, is_in_a_hurry(explorer));
    explorer->abandoned = explorer->stop = 1;
    explorer->result->stopped = 1;
    return 0;
}
