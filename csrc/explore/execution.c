/* SPDX-License-Identifier: MIT */
/*
 * execution: turn what a thread does next into an event, and judge it.
 *
 * Why       Exhaustive search, sampling and replay differ in what they choose, not in what an
 *           action means. That is here, once.
 */
#include <string.h>

#include "blocks.h"
#include "explorer.h"

enum {
    MOST_PRIVATE = 256, /* steps of a failed round after its last read */
    STEPS_BETWEEN_ASKING = 1024
};

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

static int is_private(const struct node *node) {
    return node->kind == ACTION_YIELD || node->kind == ACTION_READ ||
           node->kind == ACTION_WRITE;
}

/* What the thread does after this reply and after private steps; NULL: not known. */
static const struct node *node_after(const struct node *node, const uint64_t *value,
                                     uint8_t succeeded) {
    const struct node *next = behaviour_next(node, value, succeeded);
    while (next && is_private(next))
        next = next->edges == 1 ? next->first.to : NULL;
    return next;
}

int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded) {
    if (!node->loops)
        return 0;
    const struct node *next = node_after(node, value, succeeded);
    return next && next->kind == ACTION_AWAIT;
}

/* --- values ------------------------------------------------------------------------------- */

static int base_covers(const struct event *base) {
    struct base_bytes bytes = base_bytes(base);
    const struct location *location = base->location;
    return bytes.address <= location->address &&
           bytes.address + bytes.length >= location->address + location->size;
}

void event_value_of(struct explorer *explorer, struct event *write, uint64_t value[2]) {
    struct location *location = write->location;
    struct event *from = write;
    while (from->flags & EVENT_BASE) {
        if (!from->rf->node->bytes && from->kind == ACTION_WRITE &&
            !live_capture(explorer, from->rf))
            break;
        if (base_covers(from))
            break;
        from = location->mo[from->mo - 1];
    }
    if (from == &location->initial && !location->initial_known)
        live_initial(explorer, location);
    memory_value(write, value);
}

static void value_cut(uint64_t value[2], uint32_t size) {
    if (size < 16)
        value[1] = 0;
    if (size < 8)
        value[0] &= (UINT64_C(1) << (8 * size)) - 1;
}

static void value_apply(const struct action *action, const uint64_t old[2],
                        uint64_t result[2]) {
    const uint64_t *operand = action->operand;
    for (int i = 0; i < 2; i++) {
        switch (action->op) {
        case OP_AND:
            result[i] = old[i] & operand[i];
            break;
        case OP_OR:
            result[i] = old[i] | operand[i];
            break;
        case OP_XOR:
            result[i] = old[i] ^ operand[i];
            break;
        case OP_NAND:
            result[i] = ~(old[i] & operand[i]);
            break;
        case OP_ADD:
            result[i] = old[i] + operand[i] + (i && result[0] < old[0] ? 1u : 0u);
            break;
        case OP_SUB:
            result[i] = old[i] - operand[i] - (i && old[0] < operand[0] ? 1u : 0u);
            break;
        default:
            result[i] = operand[i];
            break;
        }
    }
    value_cut(result, action->size);
}

/* --- events ------------------------------------------------------------------------------- */

static void event_order(struct explorer *explorer, struct event *event) {
    if (event->order == ORDER_SEQ_CST && explorer->graph.model == EXPLORE_RC11)
        event->flags |= EVENT_SC;
}

void event_waits(struct event *event) {
    event->flags |= EVENT_WAITING;
    event->flags &= (uint8_t)~EVENT_WRITES;
    event->child = event->stamp > event->rf->stamp ? event->stamp : event->rf->stamp;
}

int event_changes_nothing(const struct event *event) {
    return !(event->flags & EVENT_WRITES) ||
           ((event->flags & EVENT_READS) && event->read[0] == event->written[0] &&
            event->read[1] == event->written[1]);
}

void event_fails_weakly(struct explorer *explorer, struct event *event) {
    event->flags &= (uint8_t)~(EVENT_WRITES | EVENT_SC);
    event->flags |= EVENT_ODD;
    event->succeeded = 0;
    event->order = event->node->order_fail;
    event->message_from = NULL;
    event->message = &clock_zero;
    event_order(explorer, event);
    graph_clocks(&explorer->graph, event);
}

int event_may_be_made(struct explorer *explorer, uint32_t thread,
                      const struct node *node) {
    if (node->kind == ACTION_FAIL) {
        failure_pending(explorer,
                        node->refused ? FAILURE_UNSUPPORTED
                                      : (enum explore_failure_kind)node->action.failure,
                        node->refused ? node->refused : node->action.message, thread,
                        node);
        return 0;
    }
    if (explorer->graph.threads[thread].count < explorer->max_events)
        return 1;
    failure_pending(explorer, FAILURE_ENDLESS,
                    "a thread makes more steps than max_events: a loop without end?",
                    thread, node);
    return 0;
}

/*
 * An RMW that writes back what it read may belong to a failed round of a loop, and then it must never
 * have written. Unlike a read it cannot take that back later, so find out first.
 */
static void probe_silent(struct explorer *explorer, const struct event *event) {
    struct graph *graph = &explorer->graph;
    if (!(event->flags & EVENT_WRITES) || !event_changes_nothing(event))
        return;
    if (node_after(event->node, event->read, event->succeeded))
        return;
    struct graph_mark mark = graph_mark(graph);
    struct event *probe = graph_event(graph, &graph->threads[event->thread], event->node,
                                      event->kind, event->order);
    probe->flags = EVENT_ATOMIC | EVENT_READS;
    probe->location = event->location;
    probe->rf = event->rf;
    probe->succeeded = event->succeeded;
    memcpy(probe->read, event->read, sizeof probe->read);
    graph_clocks(graph, probe);
    graph_link(graph, probe, 0);
    struct node *next = thread_next(explorer, event->thread);
    for (int steps = 0; next && is_private(next) && steps < MOST_PRIVATE; steps++) {
        graph_link(graph, make_other(explorer, event->thread, next), 0);
        next = thread_next(explorer, event->thread);
    }
    if (next && next->kind == ACTION_AWAIT)
        event->node->loops = 1;
    graph_return(graph, mark);
}

struct event *make_read(struct explorer *explorer, uint32_t thread, struct node *node,
                        struct event *source) {
    struct graph *graph = &explorer->graph;
    const struct action *action = &node->action;
    uint64_t value[2];
    event_value_of(explorer, source, value);
    struct event *event =
        graph_event(graph, &graph->threads[thread], node, node->kind, node->order);
    event->flags = EVENT_ATOMIC | EVENT_READS;
    event->location = node->location;
    event->rf = source;
    event->read[0] = value[0];
    event->read[1] = value[1];
    uint64_t expected[2] = {action->expected[0], action->expected[1]};
    value_cut(expected, node->location->size);
    int waits = !guard_holds(node, value);
    if (node->kind == ACTION_RMW && !waits) {
        event->flags |= EVENT_WRITES;
        value_apply(action, value, event->written);
    } else if (node->kind == ACTION_CAS) {
        if (!waits && value[0] == expected[0] && value[1] == expected[1]) {
            event->succeeded = 1;
            event->flags |= EVENT_WRITES;
            event->written[0] = action->operand[0];
            event->written[1] = action->operand[1];
            value_cut(event->written, node->location->size);
        } else {
            event->order = node->order_fail;
        }
    }
    if (!waits)
        probe_silent(explorer, event);
    if (waits || node_loops_on(node, event->read, event->succeeded))
        event_waits(event);
    event_order(explorer, event);
    graph_clocks(graph, event);
    return event;
}

struct event *make_write(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    struct event *event =
        graph_event(graph, &graph->threads[thread], node, node->kind, node->order);
    event->flags = EVENT_ATOMIC | EVENT_WRITES;
    event->location = node->location;
    event->written[0] = node->action.operand[0];
    event->written[1] = node->action.operand[1];
    value_cut(event->written, node->location->size);
    event_order(explorer, event);
    graph_clocks(graph, event);
    if (node->races) {
        if (!node->bytes) {
            graph_link(graph, event, (uint32_t)node->location->mo_count);
            live_capture(explorer, event);
            graph_unlink(graph, event);
        }
        event->written[0] = event->written[1] = 0;
        if (node->bytes)
            memcpy(event->written, node->bytes, node->location->size);
    }
    return event;
}

static void event_spawns(struct explorer *explorer, struct event *event) {
    struct thread *thread = &explorer->graph.threads[event->thread];
    event->child = live_child(explorer, event->thread, thread->spawns);
    event->root =
        &behaviour_root(&explorer->behaviour, event->child, event->node->action.operand)
             ->first;
}

/* A step over many bytes is as long as many steps: the next question comes earlier. */
static void explorer_worked(struct explorer *explorer, uint32_t cells) {
    explorer->ask_at = explorer->ask_at > cells ? explorer->ask_at - cells : 0;
}

struct event *make_other(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    struct event *event =
        graph_event(graph, &graph->threads[thread], node, node->kind, node->order);
    if (node->kind == ACTION_JOIN) {
        event->rf = graph->threads[node->action.operand[0]].finish;
        event->read[0] = event->rf->node->action.operand[0]; /* the thread's result */
    }
    if (node->kind == ACTION_SPAWN)
        event_spawns(explorer, event);
    if (node->kind == ACTION_FENCE)
        event_order(explorer, event);
    graph_clocks(graph, event);
    if (node->kind == ACTION_READ)
        event->succeeded = (uint8_t)memory_key(event, event->read);
    explorer_worked(explorer, node->cell_count);
    return event;
}

/* --- judgement ---------------------------------------------------------------------------- */

static struct judgement judge_heap_access(const struct explorer *explorer,
                                          const struct event *event) {
    const struct action *action = &event->node->action;
    size_t length = event->flags & EVENT_ATOMIC ? event->location->size : action->length;
    return block_judge_access(&explorer->memory, event, action->address, length);
}

static struct judgement judge_atomic(const struct explorer *explorer,
                                     const struct event *event) {
    struct judgement judgement = {FAILURE_NONE, NULL, NULL, NULL};
    if (event->location->hidden)
        return judgement;
    judgement = judge_heap_access(explorer, event);
    if (judgement.kind)
        return judgement;
    judgement.partner = memory_overlap(event);
    if (judgement.partner) {
        judgement.kind = FAILURE_UNSUPPORTED;
        judgement.message = "atomic accesses of different size to the same bytes";
        return judgement;
    }
    judgement.partner = memory_atomic_race(event);
    if (judgement.partner) {
        judgement.kind = FAILURE_DATA_RACE;
        judgement.message = "two unordered accesses, one of them not atomic";
    } else if ((event->flags & EVENT_READS) && event->rf->kind == ACTION_ALLOC) {
        judgement.kind = FAILURE_UNINITIALISED_READ;
        judgement.message =
            "an atomic object of the heap is read before it is initialised";
        judgement.partner = event->rf->rf;
    }
    return judgement;
}

static struct judgement judge_plain(const struct explorer *explorer,
                                    const struct event *event) {
    struct judgement judgement = judge_heap_access(explorer, event);
    if (judgement.kind)
        return judgement;
    judgement.partner = memory_race(event);
    if (judgement.partner) {
        judgement.kind = FAILURE_DATA_RACE;
        judgement.message = "two unordered accesses, at least one of them a write and at "
                            "least one not atomic";
    } else if (event->kind == ACTION_READ) {
        judgement.partner = memory_uninitialised(event);
        if (!judgement.partner)
            return judgement;
        judgement.kind = FAILURE_UNINITIALISED_READ;
        judgement.message = "memory of the heap is read before it is written";
    }
    return judgement;
}

static struct judgement judge(const struct explorer *explorer,
                              const struct event *event) {
    if (event->flags & EVENT_ATOMIC)
        return judge_atomic(explorer, event);
    if (event->kind == ACTION_READ || event->kind == ACTION_WRITE)
        return judge_plain(explorer, event);
    if (event->kind == ACTION_FREE)
        return block_judge_free(&explorer->memory, event);
    return (struct judgement){FAILURE_NONE, NULL, NULL, NULL};
}

static void judgement_report(struct explorer *explorer, const struct judgement *judgement,
                             const struct event *event) {
    failure_report(explorer, judgement->kind, judgement->message, event,
                   judgement->partner, judgement->origin);
}

int event_is_sound(struct explorer *explorer, struct event *event) {
    struct judgement judgement = judge(explorer, event);
    if (!judgement.kind)
        return 1;
    uint32_t mo = 0; /* the failing event is shown in its graph */
    if (event->flags & EVENT_WRITES)
        mo = event->flags & EVENT_READS ? rmw_position(event)
                                        : (uint32_t)event->location->mo_count;
    graph_link(&explorer->graph, event, mo);
    judgement_report(explorer, &judgement, event);
    return 0;
}

int event_stays_sound(struct explorer *explorer, const struct event *event) {
    struct judgement judgement = judge(explorer, event);
    if (judgement.kind)
        judgement_report(explorer, &judgement, event);
    return !judgement.kind;
}

int explorer_should_stop(struct explorer *explorer) {
    const struct explore_callbacks *callbacks = &explorer->options->callbacks;
    struct explore_result *result = explorer->result;
    if (explorer->stop || !callbacks->should_stop)
        return explorer->stop;
    if (result->steps < explorer->ask_at)
        return 0;
    explorer->ask_at = result->steps + STEPS_BETWEEN_ASKING;
    struct explore_progress progress = {result->executions, result->blocked,
                                        result->steps,      0,
                                        explorer->done,     explorer_bytes(explorer)};
    if (explorer->done > 0)
        progress.estimate =
            (double)(result->executions + result->blocked) / explorer->done;
    if (callbacks->should_stop(callbacks->self, &progress))
        explorer->stop = result->stopped = 1;
    return explorer->stop;
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
