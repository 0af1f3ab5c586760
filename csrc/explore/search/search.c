/* SPDX-License-Identifier: MIT */
/* search: see search.h. */
#include "search/search.h"

#include "execution/ending.h"
#include "execution/events.h"
#include "execution/judge.h"
#include "execution/limits.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"
#include "graph/mo.h"
#include "graph/node.h"
#include "graph/symmetry.h"
#include "models/model.h"
#include "search/carried.h"
#include "search/parts.h"
#include "search/revisit.h"
#include "search/waiting.h"
#include "search/ways.h"

/*
 * Shares: the whole tree is 1, and each way takes an equal part of what its point has. Whoever is given one
 * visits with all of it or says that there is nothing, so `done` comes to 1: estimates and parts rest on it.
 */
static void nothing_there(struct explorer *explorer, double share) {
    explorer->done += share;
    explorer->left -= share;
}

static void visit_share(struct explorer *explorer, const struct event *way,
                        double share) {
    if (way_is_passed_by(explorer, way, share)) {
        nothing_there(explorer, share);
        return;
    }
    double weight = explorer->weight;
    explorer->weight = share;
    search_visit(explorer);
    explorer->weight = weight;
    if (explorer->parts)
        parts_leave(explorer);
}

/* --- revisits ----------------------------------------------------------------------------- */

static double revisit_all(struct explorer *explorer, struct event *write, double share);

static void revisit_read(struct explorer *explorer, const struct cut *cut,
                         struct event *read, struct event *write, double share) {
    uint8_t flags = write->flags;
    uint64_t trail = parts_trail(explorer, write);
    write->flags |= EVENT_SETTLED;
    revisit_link(&explorer->graph, cut, read, event_rmw_position(read));
    if (model_allows(&explorer->graph, &explorer->scratch, write) &&
        model_allows(&explorer->graph, &explorer->scratch, read) &&
        waiting_stays_sound(explorer, read)) {
        if (read->flags & EVENT_WRITES)
            share = revisit_all(explorer, read, share);
        explorer->attention = read->thread + 1u;
        visit_share(explorer, read, share);
    } else {
        explorer->abandoned = 0;
        nothing_there(explorer, share);
    }
    revisit_unlink(&explorer->graph, cut, read);
    write->flags = flags;
    explorer->trail = trail;
}

/* The write is linked, `old` is cut out: put the read back as a reader of the write. */
static void revisit_place(struct explorer *explorer, const struct cut *cut,
                          struct event *old, struct event *write, double share) {
    struct graph *graph = &explorer->graph;
    struct thread *thread = &graph->threads[old->thread];
    uint32_t floor = mo_read_floor(old->node, old->thread, thread_hb(thread));
    if (write->mo < floor) {
        nothing_there(explorer, share);
        return;
    }
    struct event *read = event_make_read(explorer, old->thread, old->node, write);
    if (!way_is_own(explorer, read, write) ||
        node_round_is_past(read->node, read->read)) {
        nothing_there(explorer, share);
        return;
    }
    read->stamp = old->stamp;
    if (read->flags & EVENT_WAITING)
        read->child = write->stamp;
    int fails = read->succeeded && way_may_fail_weakly(explorer, read->node) &&
                part_meets(read->node, write);
    if (fails)
        share /= 2;
    revisit_read(explorer, cut, read, write, share);
    if (!fails || explorer->stop)
        return;
    event_fails_weakly(explorer, read);
    revisit_read(explorer, cut, read, write, share);
}

static void revisit_one(struct explorer *explorer, struct event *write, int linked,
                        struct event *old, double share) {
    struct graph *graph = &explorer->graph;
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct cut cut = revisit_cut(graph, &explorer->scratch, old, write);
    if (linked) {
        revisit_place(explorer, &cut, old, write, share);
    } else if (write->flags & EVENT_READS) {
        if (!mo_is_taken(write->location, write->rf->mo)) {
            int sound = judge_finds_nothing(explorer, write);
            graph_link(graph, write, event_rmw_position(write));
            if (sound || !model_allows(graph, &explorer->scratch, write)) {
                revisit_place(explorer, &cut, old, write, share);
            } else { /* it only drives another away: nobody else will judge it here */
                judge_stays_sound(explorer, write);
                explorer->abandoned = 0;
                nothing_there(explorer, share);
            }
            graph_unlink(graph, write);
        } else {
            nothing_there(explorer, share);
        }
    } else {
        uint32_t end = (uint32_t)write->location->mo_count;
        uint32_t floor = way_floor(graph, write);
        double each = share / way_places(write->location, floor);
        for (uint32_t mo = floor; mo <= end; mo++) {
            if (mo_is_taken(write->location, mo - 1))
                continue;
            graph_link(graph, write, mo);
            revisit_place(explorer, &cut, old, write, each);
            graph_unlink(graph, write);
        }
    }
    revisit_undo(graph, &cut);
    arena_release(&explorer->scratch, scratch);
}

/* Revisits by a write that is linked: an RMW that was itself revisited. Returns the share left. */
static double revisit_all(struct explorer *explorer, struct event *write, double share) {
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct revisits revisits = revisit_reads(&explorer->graph, &explorer->scratch, write);
    share /= (double)(revisits.count + 1);
    for (size_t i = 0; i < revisits.count && !explorer->stop; i++) {
        struct graph_mark mark = graph_mark(&explorer->graph);
        revisit_one(explorer, write, 1, revisits.read[i], share);
        graph_return(&explorer->graph, mark);
    }
    arena_release(&explorer->scratch, scratch);
    return share;
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
    int sound = judge_finds_nothing(explorer, event);
    graph_link(graph, event, event_rmw_position(event));
    if (sound && graph->symmetric && !symmetry_allows(graph, event))
        return 0;
    if ((event->rf->mo + 2 < event->location->mo_count ||
         (!(event->flags & EVENT_WRITES) &&
          event->rf->mo + 1 < event->location->mo_count)) &&
        !model_allows(&explorer->graph, &explorer->scratch, event))
        return 0;
    return sound || judge_stays_sound(explorer, event);
}

/* Such an RMW only drives the other one away. */
static void read_conflicting(struct explorer *explorer, struct event *event,
                             double share) {
    struct revisits revisits = way_conflicts(explorer, event);
    if (!revisits.count)
        nothing_there(explorer, share);
    else
        revisit_each(explorer, event, &revisits, share / (double)revisits.count);
}

/* Returns the share that is left for the RMW itself. */
static double read_revisits(struct explorer *explorer, struct event *event,
                            double share) {
    struct revisits revisits = revisit_reads(&explorer->graph, &explorer->scratch, event);
    share /= (double)(revisits.count + 1);
    revisit_each(explorer, event, &revisits, share);
    return share;
}

/* A compare-exchange that would succeed fails for no reason. Returns the share that is left. */
static double read_fails_weakly(struct explorer *explorer, uint32_t thread,
                                struct node *node, struct event *source, double share) {
    struct graph *graph = &explorer->graph;
    struct graph_mark mark = graph_mark(graph);
    struct event *event = event_make_read(explorer, thread, node, source);
    if (event->succeeded && part_meets(event->node, source)) {
        share /= 2;
        event_fails_weakly(explorer, event);
        if (read_enter(explorer, event))
            visit_share(explorer, event, share);
        else
            nothing_there(explorer, share);
    }
    explorer->abandoned = 0;
    graph_return(graph, mark);
    return share;
}

/* One way to read that is not the last to be tried. */
static void read_aside(struct explorer *explorer, uint32_t thread, struct node *node,
                       struct event *source, double share) {
    struct graph *graph = &explorer->graph;
    struct graph_mark mark = graph_mark(graph);
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct event *event = event_make_read(explorer, thread, node, source);
    if (way_may_fail_weakly(explorer, node))
        share = read_fails_weakly(explorer, thread, event->node, source, share);
    if (!way_is_own(explorer, event, source) || waiting_is_vain(explorer, event)) {
        nothing_there(explorer, share);
    } else if ((event->flags & EVENT_WRITES) &&
               mo_is_taken(source->location, source->mo)) {
        read_conflicting(explorer, event, share);
    } else {
        if (event->flags & EVENT_WRITES)
            share = read_revisits(explorer, event, share);
        if (read_enter(explorer, event))
            visit_share(explorer, event, share);
        else
            nothing_there(explorer, share);
    }
    arena_release(&explorer->scratch, scratch);
    explorer->abandoned = 0;
    graph_return(graph, mark);
}

/* 1: go on with the loop; 0: all ways have been tried. */
static int extend_read(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    struct location *location = node->location;
    const struct thread *at = &graph->threads[thread];
    uint32_t newer = way_newer_than(at);
    uint32_t floor = mo_read_floor(node, thread, thread_hb(at));
    uint32_t last = part_last(node);
    double share = explorer->weight / ways_of_read(explorer, thread, node, floor, newer);
    /* Made first: nodes may move meanwhile, events know where they are. */
    struct event *event = event_make_read(explorer, thread, node, location->mo[last]);
    if (event->kind != ACTION_LOAD && carried_refuses(explorer, event))
        return 0;
    if (newer && location->mo[last]->stamp <= newer)
        event_waits(event);
    for (uint32_t mo = floor; mo < last && !explorer->stop; mo++) {
        struct event *source = location->mo[mo];
        if (explorer->probing &&
            way_is_vain(explorer, thread, event->node, source, newer))
            continue;
        if ((newer && source->stamp <= newer) || source == event->rf) {
            nothing_there(explorer, share);
            continue;
        }
        read_aside(explorer, thread, event->node, source, share);
    }
    if (explorer->stop)
        return 0;
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    if (way_may_fail_weakly(explorer, event->node) && !(event->flags & EVENT_WAITING))
        share =
            read_fails_weakly(explorer, thread, event->node, location->mo[last], share);
    if (event->flags & EVENT_WRITES)
        share = read_revisits(explorer, event, share);
    explorer->weight = share;
    arena_release(&explorer->scratch, scratch);
    return !node_round_is_past(event->node, event->read) && read_enter(explorer, event);
}

/* --- writes ------------------------------------------------------------------------------- */

static int extend_write(struct explorer *explorer, uint32_t thread, struct node *node) {
    struct graph *graph = &explorer->graph;
    struct event *write = event_make_write(explorer, thread, node);
    struct location *location = write->location;
    uint32_t end = (uint32_t)location->mo_count;
    uint32_t floor = way_floor(graph, write);
    struct arena_mark scratch = arena_mark(&explorer->scratch);
    struct revisits revisits = revisit_reads(graph, &explorer->scratch, write);
    double share =
        explorer->weight / (double)(way_places(location, floor) + revisits.count);
    if (!judge_is_sound(explorer, write) || carried_refuses(explorer, write))
        return 0;
    for (uint32_t mo = floor; mo < end && !explorer->stop; mo++) {
        if (mo_is_taken(location, mo - 1))
            continue;
        graph_link(graph, write, mo);
        if (model_allows(&explorer->graph, &explorer->scratch, write))
            visit_share(explorer, write, share);
        else
            nothing_there(explorer, share);
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
    struct event *first = event_make_other(explorer, thread, node);
    for (uint64_t way = 1; way < ways && !explorer->stop; way++) {
        struct graph_mark mark = graph_mark(graph);
        struct event *event = event_make_other(explorer, thread, first->node);
        event->read[0] = way;
        event->flags |= EVENT_ODD;
        graph_link(graph, event, 0);
        visit_share(explorer, event, share);
        graph_return(graph, mark);
    }
    explorer->weight = share;
    graph_link(graph, first, 0);
    return !explorer->stop;
}

static int extend(struct explorer *explorer, uint32_t thread, struct node *node) {
    explorer->result->steps++;
    if (!judge_may_step(explorer, thread, node))
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
        struct event *event = event_make_other(explorer, thread, node);
        if (!judge_is_sound(explorer, event))
            return 0;
        graph_link(&explorer->graph, event, 0);
        return 1;
    }
    }
}

/* --- visits ------------------------------------------------------------------------------- */

/* The graph cannot grow. */
static void leaf(struct explorer *explorer) {
    if (explorer->probing)
        way_ends(explorer);
    else if (!explorer->follows)
        ending_reached(explorer);
}

void search_visit(struct explorer *explorer) {
    struct graph_mark mark = graph_mark(&explorer->graph);
    explorer->first = 0;
    while (!limits_reached(explorer)) {
        if (behaviour_is_full(&explorer->behaviour) ||
            (explorer->forgets && explorer->graph.executed_stale))
            behaviour_drop(&explorer->behaviour);
        struct node *node = NULL;
        int thread = waiting_next(explorer, &node);
        if (thread == -1)
            leaf(explorer);
        if (thread < 0 || !extend(explorer, (uint32_t)thread, node)) {
            explorer->done += explorer->weight;
            break;
        }
    }
    explorer->abandoned = 0;
    explorer->attention = explorer->first = 0;
    graph_return(&explorer->graph, mark);
}

void search_exhaustively(struct explorer *explorer) {
    parts_begin(explorer);
    explorer->weight = explorer->left = 1;
    search_visit(explorer);
    parts_finish(explorer);
    explorer->result->exhausted =
        (!explorer->stop || parts_are_over(explorer)) &&
        !(explorer->result->notes & (EXPLORE_NOTE_RUNS_ON | EXPLORE_NOTE_ROUNDS));
}
