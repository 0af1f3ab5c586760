/* SPDX-License-Identifier: MIT */
/*
 * search: every consistent execution once.
 *
 * How       visit() lets the first thread that can go on take its next step. A read tries every write
 *           it may read, a write every place in mo, and makes each earlier read that it legally can
 *           read it instead (revisit.h). The last way is not a call but the next turn of the loop.
 * Waiting   A read that does not get what it waits for (a guard, or a loop that came back) stays as
 *           its thread's last event. Newer writes offer the thread that step again, those only.
 *           Reading anything but the latest write and still waiting leads nowhere and is not tried.
 * Source    TruSt, POPL 2022; waiting: Kokologiannakis, Ren, Vafeiadis, FMCAD 2021.
 */
#include "explorer.h"
#include "revisit.h"

static void visit(struct explorer *explorer);

/* One of `ways` equal parts of what lies below. */
static void visit_share(struct explorer *explorer, double share) {
    double weight = explorer->weight;
    explorer->weight = share;
    visit(explorer);
    explorer->weight = weight;
}

static int may_fail_weakly(const struct explorer *explorer, const struct node *node) {
    return explorer->options->weak_failures && node->kind == ACTION_CAS &&
           (node->action.flags & ACTION_WEAK);
}

/* --- revisits ----------------------------------------------------------------------------- */

static void revisit_all(struct explorer *explorer, struct event *write, double share);

static void revisit_read(struct explorer *explorer, const struct cut *cut,
                         struct event *read, struct event *write, double share) {
    uint8_t flags = write->flags;
    write->flags |= EVENT_SETTLED;
    cut_place(&explorer->graph, cut, read, write->mo + 1);
    if (!event_stays_sound(explorer, read)) {
        explorer->abandoned = 0;
    } else if (model_allows(explorer, write) && model_allows(explorer, read)) {
        if (read->flags & EVENT_WRITES)
            revisit_all(explorer, read, share);
        explorer->attention = read->thread + 1u;
        visit_share(explorer, share);
    }
    cut_unplace(&explorer->graph, cut, read);
    write->flags = flags;
}

/* The write is linked, `old` is cut out: put the read back as a reader of the write. */
static void revisit_place(struct explorer *explorer, const struct cut *cut,
                          struct event *old, struct event *write, double share) {
    struct graph *graph = &explorer->graph;
    struct thread *thread = &graph->threads[old->thread];
    uint32_t floor = graph_floor(old->location, old->thread, graph_thread_hb(thread));
    if (write->mo < floor)
        return;
    struct event *read = make_read(explorer, old->thread, old->node, write);
    read->stamp = old->stamp;
    if (read->flags & EVENT_WAITING)
        read->child = write->stamp;
    int fails = read->succeeded && may_fail_weakly(explorer, read->node);
    revisit_read(explorer, cut, read, write, share);
    if (!fails || explorer->stop)
        return;
    event_fails_weakly(explorer, read);
    revisit_read(explorer, cut, read, write, share);
}

/* The lowest and the highest place in mo that a write of the thread may take. */
static uint32_t write_floor(const struct graph *graph, const struct event *write) {
    return graph_floor(write->location, write->thread,
                       graph_thread_hb(&graph->threads[write->thread])) +
           1;
}

static void revisit_one(struct explorer *explorer, struct event *write, int linked,
                        struct event *old, double share) {
    struct graph *graph = &explorer->graph;
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct cut cut = cut_make(graph, &explorer->scratch, old, write);
    if (linked) {
        revisit_place(explorer, &cut, old, write, share);
    } else if (write->flags & EVENT_READS) {
        if (!graph_taken(write->location, write->rf->mo)) {
            graph_link(graph, write, rmw_position(write));
            revisit_place(explorer, &cut, old, write, share);
            graph_unlink(graph, write);
        }
    } else {
        uint32_t end = (uint32_t)write->location->mo_count;
        for (uint32_t mo = write_floor(graph, write); mo <= end; mo++) {
            if (graph_taken(write->location, mo - 1))
                continue;
            graph_link(graph, write, mo);
            revisit_place(explorer, &cut, old, write, share);
            graph_unlink(graph, write);
        }
    }
    cut_undo(graph, &cut);
    arena_release(&explorer->scratch, scratch);
}

/* Revisits by a write that is linked: an RMW that was itself revisited. */
static void revisit_all(struct explorer *explorer, struct event *write, double share) {
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct revisits revisits = revisits_of(&explorer->graph, &explorer->scratch, write);
    for (size_t i = 0; i < revisits.count && !explorer->stop; i++) {
        struct graph_mark mark = graph_mark(&explorer->graph);
        revisit_one(explorer, write, 1, revisits.read[i], share);
        graph_return(&explorer->graph, mark);
    }
    arena_release(&explorer->scratch, scratch);
}

/* Revisits by a write that is made but not linked. */
static void revisit_each(struct explorer *explorer, struct event *write,
                         const struct revisits *revisits, double share) {
    for (size_t i = 0; i < revisits->count && !explorer->stop; i++) {
        struct graph_mark mark = graph_mark(&explorer->graph);
        revisit_one(explorer, write, 0, revisits->read[i], share);
        graph_return(&explorer->graph, mark);
    }
}

/* --- reads -------------------------------------------------------------------------------- */

/* Links a read that has been made; 0 if it may not be there. */
static int read_enter(struct explorer *explorer, struct event *event) {
    struct graph *graph = &explorer->graph;
    if (!event_is_sound(explorer, event))
        return 0;
    graph_link(graph, event, event->rf->mo + 1);
    if (event->rf->mo + 2 < event->location->mo_count ||
        (!(event->flags & EVENT_WRITES) && event->rf->mo + 1 < event->location->mo_count))
        return model_allows(explorer, event);
    return 1;
}

/* A successful RMW whose source another one has taken: it only drives that one away. */
static void read_conflicting(struct explorer *explorer, struct event *event,
                             double share) {
    struct revisits revisits = revisits_of(&explorer->graph, &explorer->scratch, event);
    revisit_each(explorer, event, &revisits, share);
}

static void read_revisits(struct explorer *explorer, struct event *event, double share) {
    struct revisits revisits = revisits_of(&explorer->graph, &explorer->scratch, event);
    revisit_each(explorer, event, &revisits, share);
}

/* A compare-exchange that would succeed fails for no reason, if that is asked for. */
static void read_fails_weakly(struct explorer *explorer, uint32_t thread,
                              struct node *node, struct event *source, double share) {
    struct graph *graph = &explorer->graph;
    struct graph_mark mark = graph_mark(graph);
    struct event *event = make_read(explorer, thread, node, source);
    if (event->succeeded) {
        event_fails_weakly(explorer, event);
        if (read_enter(explorer, event))
            visit_share(explorer, share);
    }
    explorer->abandoned = 0;
    graph_return(graph, mark);
}

/* One way to read that is not the last to be tried. */
static void read_aside(struct explorer *explorer, uint32_t thread, struct node *node,
                       struct event *source, double share) {
    struct graph *graph = &explorer->graph;
    struct graph_mark mark = graph_mark(graph);
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct event *event = make_read(explorer, thread, node, source);
    if (may_fail_weakly(explorer, node))
        read_fails_weakly(explorer, thread, event->node, source, share);
    if (event->flags & EVENT_WAITING) {
        /* leads nowhere */
    } else if ((event->flags & EVENT_WRITES) &&
               graph_taken(source->location, source->mo)) {
        read_conflicting(explorer, event, share);
    } else {
        if (event->flags & EVENT_WRITES)
            read_revisits(explorer, event, share);
        if (read_enter(explorer, event))
            visit_share(explorer, share);
    }
    arena_release(&explorer->scratch, scratch);
    explorer->abandoned = 0;
    graph_return(graph, mark);
}

/* The lowest source, and from which stamp on, for a thread that has declined the older ones. */
static uint32_t newer_than(const struct thread *thread) {
    const struct event *last = thread_last(thread);
    return last && (last->flags & EVENT_WAITING) ? last->child : 0;
}

/* 1: go on with the loop; 0: all ways have been tried. */
static int extend_read(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    struct location *location = node->location;
    const struct thread *at = &graph->threads[thread];
    uint32_t newer = newer_than(at);
    uint32_t floor = graph_floor(location, thread, graph_thread_hb(at));
    uint32_t last = (uint32_t)location->mo_count - 1;
    double share = explorer->weight / (last - floor + 1);
    /* Made first: nodes may move meanwhile, events know where they are. */
    struct event *event = make_read(explorer, thread, node, location->mo[last]);
    if (newer && location->mo[last]->stamp <= newer)
        event_waits(event);
    for (uint32_t mo = floor; mo < last && !explorer->stop; mo++) {
        struct event *source = location->mo[mo];
        if (newer && source->stamp <= newer)
            continue;
        read_aside(explorer, thread, event->node, source, share);
    }
    if (explorer->stop)
        return 0;
    explorer->weight = share;
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    if (may_fail_weakly(explorer, event->node) && !(event->flags & EVENT_WAITING))
        read_fails_weakly(explorer, thread, event->node, location->mo[last], share);
    if (event->flags & EVENT_WRITES)
        read_revisits(explorer, event, share);
    arena_release(&explorer->scratch, scratch);
    return read_enter(explorer, event);
}

/* --- writes ------------------------------------------------------------------------------- */

static int extend_write(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    struct event *write = make_write(explorer, thread, node);
    struct location *location = write->location;
    uint32_t end = (uint32_t)location->mo_count;
    uint32_t floor = write_floor(graph, write);
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct revisits revisits = revisits_of(graph, &explorer->scratch, write);
    double share = explorer->weight / (double)(end - floor + 1 + revisits.count);
    if (!event_is_sound(explorer, write))
        return 0;
    for (uint32_t mo = floor; mo < end && !explorer->stop; mo++) {
        if (graph_taken(location, mo - 1))
            continue;
        graph_link(graph, write, mo);
        if (model_allows(explorer, write))
            visit_share(explorer, share);
        graph_unlink(graph, write);
    }
    if (!explorer->stop)
        revisit_each(explorer, write, &revisits, share);
    arena_release(&explorer->scratch, scratch);
    explorer->weight = share;
    graph_link(graph, write, end);
    return !explorer->stop;
}

/* --- the rest ----------------------------------------------------------------------------- */

static int extend_choose(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    uint64_t ways = node->action.operand[0];
    double share = explorer->weight / (double)ways;
    struct event *first = make_other(explorer, thread, node);
    for (uint64_t way = 1; way < ways && !explorer->stop; way++) {
        struct graph_mark mark = graph_mark(graph);
        struct event *event = make_other(explorer, thread, first->node);
        event->read[0] = way;
        event->flags |= EVENT_ODD;
        graph_link(graph, event, 0);
        visit_share(explorer, share);
        graph_return(graph, mark);
    }
    explorer->weight = share;
    graph_link(graph, first, 0);
    return !explorer->stop;
}

static int extend(struct explorer *explorer, uint32_t thread, struct node *node) {
    explorer->result->steps++;
    if (!event_may_be_made(explorer, thread, node))
        return 0;
    switch (node->kind) {
    case ACTION_LOAD:
    case ACTION_RMW:
    case ACTION_CAS:
        return extend_read(explorer, thread, node);
    case ACTION_STORE:
        return extend_write(explorer, thread, node);
    case ACTION_CHOOSE:
        return extend_choose(explorer, thread, node);
    default: {
        struct event *event = make_other(explorer, thread, node);
        if (!event_is_sound(explorer, event))
            return 0;
        graph_link(&explorer->graph, event, 0);
        return 1;
    }
    }
}

static int cas_succeeds(const struct node *node, const uint64_t value[2]) {
    return node->kind == ACTION_CAS && value[0] == node->action.expected[0] &&
           value[1] == node->action.expected[1];
}

/* Has something been written that a sleeping thread has not declined yet? */
static int sleeper_wakes(struct explorer *explorer, const struct thread *thread,
                         const struct event *sleeper) {
    const struct location *location = sleeper->location;
    uint32_t newer = sleeper->child;
    size_t mo = location->mo_count;
    uint32_t floor = 0;
    while (mo-- > floor) {
        struct event *source = location->mo[mo];
        if (source->stamp <= newer)
            continue;
        if (!floor)
            floor = graph_floor(location, thread->id, graph_thread_hb(thread));
        if (mo < floor)
            return 0;
        uint64_t value[2];
        event_value_of(explorer, source, value);
        if (!guard_holds(sleeper->node, value))
            continue;
        if (cas_succeeds(sleeper->node, value))
            return 1;
        if (!node_loops_on(sleeper->node, value, 0))
            return 1;
    }
    return 0;
}

/* Writes that were there before the read, newer than the one it reads: it can never be revisited. */
static int read_is_stale(const struct event *read) {
    const struct location *location = read->location;
    for (size_t mo = location->mo_count; --mo > read->rf->mo;)
        if (location->mo[mo] != read && location->mo[mo]->stamp < read->stamp)
            return 1;
    return 0;
}

/* A thread came back to a read: its last read has not got what it waits for. 0: leads nowhere. */
static int loop_found(struct explorer *explorer, struct thread *thread) {
    struct graph *graph = &explorer->graph;
    size_t after = thread->count;
    while (after && !(thread->events[after - 1]->flags & EVENT_ATOMIC))
        after--;
    struct event *read = after ? thread->events[after - 1] : NULL;
    if (!read || !event_changes_nothing(read))
        return 1;
    read->node->loops = 1;
    if (read_is_stale(read))
        return 0;
    size_t extra = thread->count - after + (read->flags & EVENT_WRITES ? 1 : 0);
    for (size_t i = graph->count - extra; i < graph->count; i++)
        if (graph->sequence[i]->thread != thread->id)
            return 1;
    graph_cut_to(graph, graph->count - extra);
    int cut = (read->flags & EVENT_WRITES) != 0;
    event_waits(read);
    if (cut)
        graph_link(graph, read, 0);
    return 1;
}

/*
 * A thread whose read was revisited takes its private steps first, so that a loop that comes back to
 * the read is seen before any other thread makes use of it. 0: nothing more to see.
 */
static int attend(struct explorer *explorer, struct node **node) {
    uint32_t thread = explorer->attention - 1;
    *node = thread_next(explorer, thread);
    const struct event *last = thread_last(&explorer->graph.threads[thread]);
    int private = *node && !(last->flags & EVENT_WAITING) &&
                  ((*node)->kind == ACTION_YIELD || (*node)->kind == ACTION_READ ||
                   (*node)->kind == ACTION_WRITE);
    if (!private)
        explorer->attention = 0;
    return private;
}

/* The first thread that can go on; *node is what it does. -1: none, -2: go back. */
static int choose_thread(struct explorer *explorer, struct node **node) {
    struct graph *graph = &explorer->graph;
    uint32_t attended = explorer->attention;
    if (attended && attend(explorer, node))
        return (int)attended - 1;
    if (explorer->abandoned)
        return -2;
    if (attended && *node && (*node)->kind == ACTION_AWAIT &&
        !loop_found(explorer, &graph->threads[attended - 1]))
        return -2;
    for (size_t i = 0; i < graph->thread_count; i++) {
        *node = thread_next(explorer, (uint32_t)i);
        if (explorer->abandoned)
            return -2;
        if (!*node)
            continue;
        struct thread *thread = &graph->threads[i];
        struct event *last = thread_last(thread);
        if (last && (last->flags & EVENT_WAITING)) {
            if (sleeper_wakes(explorer, thread, last))
                return (int)i;
        } else if ((*node)->kind == ACTION_AWAIT) {
            if (!loop_found(explorer, thread))
                return -2;
        } else if (node_enabled(explorer, *node)) {
            return (int)i;
        }
    }
    return -1;
}

/* --- parts -------------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0xBF58476D1CE4E5B9u;
    return hash ^ (hash >> 31);
}

/* Equal wherever the search comes to the same point, whatever it has learned on the way. */
static uint64_t point_hash(const struct graph *graph) {
    uint64_t hash = 1;
    for (size_t i = 0; i < graph->count; i++) {
        const struct event *event = graph->sequence[i];
        hash = mixed(hash, (uint64_t)event->thread << 32 | (uint32_t)event->index);
        if (event->kind == ACTION_CHOOSE)
            hash = mixed(hash, event->read[0]);
        if (event->flags & EVENT_WRITES)
            hash = mixed(hash, event->mo);
        if (event->flags & EVENT_ODD)
            hash = mixed(hash, 1);
        if (event->rf)
            hash = mixed(hash,
                         (uint64_t)event->rf->thread << 32 | (uint32_t)event->rf->index);
    }
    return hash;
}

/*
 * Is this subtree another part's? Subtrees of about 1 / (64 parts) of the whole are dealt out by the
 * hash of the point where they begin; all parts walk the little above that.
 */
static int is_elsewhere(struct explorer *explorer, int ended) {
    const struct explore_options *options = explorer->options;
    if (options->parts < 2 || explorer->owned)
        return 0;
    if (!ended && explorer->weight * options->parts * 64 > 1)
        return 0;
    explorer->owned = 1;
    return point_hash(&explorer->graph) % options->parts != options->part;
}

static void visit(struct explorer *explorer) {
    uint8_t owned = explorer->owned;
    struct graph_mark mark = graph_mark(&explorer->graph);
    while (!explorer_should_stop(explorer)) {
        if (behaviour_is_full(&explorer->behaviour) ||
            (explorer->options->no_memo && explorer->graph.executed_stale))
            behaviour_drop(&explorer->behaviour);
        struct node *node = NULL;
        int thread = explorer->graph.exited ? -1 : choose_thread(explorer, &node);
        int elsewhere = thread != -2 && is_elsewhere(explorer, thread == -1);
        if (thread == -1 && !elsewhere)
            execution_ended(explorer);
        if (thread < 0 || elsewhere || !extend(explorer, (uint32_t)thread, node)) {
            explorer->done += explorer->weight;
            break;
        }
    }
    explorer->abandoned = 0;
    explorer->attention = 0;
    explorer->owned = owned;
    graph_return(&explorer->graph, mark);
}

void search_exhaustively(struct explorer *explorer) {
    explorer->weight = 1;
    visit(explorer);
    explorer->result->exhausted = !explorer->stop;
}
