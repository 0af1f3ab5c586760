/* SPDX-License-Identifier: MIT */
/* sample_ready: see sample_ready.h. */
#include "sampling/sample_ready.h"

#include <string.h>

#include "execution/bound.h"
#include "execution/limits.h"
#include "execution/loops.h"
#include "execution/next.h"
#include "execution/rounds.h"
#include "graph/bases.h"
#include "graph/graph.h"
#include "graph/node.h"
#include "sampling/sample_step.h"
#include "sampling/sampler.h"
#include "sampling/stands.h"

static int is_choice(const struct node *node) {
    return node->kind <= ACTION_CAS || node->kind == ACTION_CHOOSE;
}

/* Reads of a failed round, the thread's last `round` events. */
static uint64_t reads_of(const struct thread *thread, uint64_t round) {
    uint64_t reads = 0;
    for (uint64_t i = 0; i < round && i < thread->count; i++)
        if (thread->events[thread->count - 1 - i]->flags & EVENT_READS)
            reads++;
    return reads;
}

/*
 * A thread came back to a read. Where the round has but that one, the thread is put back before it
 * and takes no value that leads to the same place; of several reads each may be the one that
 * changes, and then the thread stays where it is.
 */
static void sleep_at_loop(struct explorer *explorer, struct thread *thread,
                          struct node *await) {
    struct graph *graph = &explorer->graph;
    size_t behind;
    struct event *read = loop_last_read(thread, &behind);
    if (!read || reads_of(thread, await->action.operand[0]) != 1 ||
        node_after(read->node, read->read, read->succeeded) != await)
        return;
    read->node->loops = await->loops = 1;
    size_t extra = behind + 1;
    for (size_t i = graph->count - extra; i < graph->count; i++)
        if (graph->sequence[i]->thread != thread->id)
            return;
    graph_cut_to(graph, graph->count - extra);
}

/* A thread that stands where a shorter history leads (retry.h) waits for nothing; one that came back
   goes round again when a read of its failed round is out of date. */
static int may_go_round(struct explorer *explorer, const struct thread *thread,
                        const struct node *await) {
    const uint64_t *operand = await->action.operand;
    return operand[1] || !loop_round_is_fresh(explorer, thread, operand[0]);
}

/* A thread that has gone a round goes another if that was noticed, or if it might see something else
   by now; and if nobody else can go on, a few times all the same: what it does on the way may be
   what they wait for. */
static int goes_on_after(struct sampler *sampler, const struct thread *thread,
                         const struct node *round) {
    struct explorer *explorer = sampler->explorer;
    if (sampler->urged & UINT64_C(1) << thread->id)
        return 1;
    if (!sampler->patience ||
        (loop_round_is_fresh(explorer, thread, round->action.operand[0]) &&
         rounds_in_vain(explorer) >> thread->id & 1))
        return 0;
    sampler->patience--;
    return 1;
}

enum readiness { NOT_READY, READY, EAGER };

static enum readiness readiness_of(struct sampler *sampler, struct thread *thread,
                                   const struct node *node) {
    if (bound_is_reached(sampler->explorer, thread, node))
        return NOT_READY;
    if (node->kind == ACTION_AWAIT &&
        (sampler->is_audited || may_go_round(sampler->explorer, thread, node)))
        return sampler->every_step ? READY : EAGER;
    if (node->kind == ACTION_ROUND)
        return sampler->every_step                    ? READY
               : goes_on_after(sampler, thread, node) ? EAGER
                                                      : NOT_READY;
    if (node->kind == ACTION_AWAIT || !node_enabled(&sampler->explorer->graph, node) ||
        next_never_ends(node) || next_runs_on(sampler->explorer, thread, node))
        return NOT_READY;
    if (!is_choice(node))
        return sampler->every_step && node->kind != ACTION_FAIL ? READY : EAGER;
    if ((node->action.guard || node->loops) &&
        !sample_step_ways(sampler, thread->id, node))
        return NOT_READY;
    return READY;
}

/* Does what others do decide whether the thread is ready at this node? */
static int depends_on_others(const struct node *node) {
    return node->kind == ACTION_AWAIT || node->kind == ACTION_ROUND ||
           node->kind == ACTION_JOIN || node->action.guard || node->loops;
}

/* Back to before a failed round. 1: the thread stands elsewhere now. */
static int gone_to_sleep(struct sampler *sampler, uint32_t id, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    struct thread *thread = &explorer->graph.threads[id];
    if (node->kind != ACTION_AWAIT || node->action.operand[1] || sampler->is_audited)
        return 0;
    size_t before = thread->count;
    sleep_at_loop(explorer, thread, node);
    return thread->count != before;
}

/* Takes the thread's eager steps. 0: it has come to rest, or what sample_ready_gather says. */
static int32_t settle(struct sampler *sampler, uint32_t t, int *is_ready) {
    struct explorer *explorer = sampler->explorer;
    *is_ready = 0;
    for (;;) {
        struct node *node = next_node(explorer, t);
        if (explorer->abandoned)
            return -1;
        struct stand *stand = &sampler->stand[t];
        stand->node = node;
        stand->standing = node ? STANDING_ASK : STANDING_ABSENT;
        if (!node)
            return 0;
        if (gone_to_sleep(sampler, t, node))
            continue;
        enum readiness readiness =
            readiness_of(sampler, &explorer->graph.threads[t], node);
        if (readiness != EAGER) {
            *is_ready = readiness == READY;
            if (*is_ready && !depends_on_others(node))
                stand->standing = STANDING_READY;
            return 0;
        }
        if (!sample_step(sampler, t, node) || limits_reached(explorer))
            return -1;
        if (node->kind == ACTION_FINISH)
            return -2; /* somebody may join it */
    }
}

/* Nobody can go on, and the process has not ended: a thread that never ends is reported. */
static int never_ends(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    for (uint32_t t = 0; !explorer->graph.exited && t < explorer->graph.thread_count;
         t++) {
        struct node *node = next_node(explorer, t);
        if (node && next_never_ends(node))
            return !sample_step(sampler, t, node);
    }
    return 0;
}

static int32_t gather(struct sampler *sampler) {
    struct graph *graph = &sampler->explorer->graph;
    uint32_t count = 0;
    stands_room(sampler, graph->thread_count);
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        struct stand *stand = &sampler->stand[t];
        if (stand->standing == STANDING_ABSENT)
            continue;
        int is_ready = stand->standing == STANDING_READY;
        if (!is_ready) {
            int32_t outcome = settle(sampler, t, &is_ready);
            if (outcome)
                return outcome;
        }
        if (is_ready)
            sampler->ready[count++] = (struct ready){t, sampler->stand[t].node};
    }
    return (int32_t)count;
}

/* Nobody can go on: a thread that stands behind a round in vain is asked to go another. 0: none is. */
static int urge(struct sampler *sampler) {
    const struct graph *graph = &sampler->explorer->graph;
    for (uint32_t i = 0; i < graph->thread_count && sampler->patience; i++) {
        uint32_t t = (uint32_t)((sampler->patience + i) % graph->thread_count);
        const struct stand *stand = &sampler->stand[t];
        if (stand->standing != STANDING_ASK || stand->node->kind != ACTION_ROUND)
            continue;
        sampler->patience--;
        sampler->urged = UINT64_C(1) << t;
        policy_gives_way(&sampler->policy, t);
        return 1;
    }
    return 0;
}

int32_t sample_ready_gather(struct sampler *sampler) {
    int32_t count = gather(sampler);
    if (!count && !sampler->at_first_choice && urge(sampler)) {
        count = gather(sampler);
        sampler->urged = 0;
    }
    return !count && never_ends(sampler) ? -1 : count;
}
