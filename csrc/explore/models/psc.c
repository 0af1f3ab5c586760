/* SPDX-License-Identifier: MIT */
/* psc: see psc.h. */
#include "models/psc.h"

#include <string.h>

#include "graph/byte_parts.h"
#include "graph/node.h"
#include "models/psc_nodes.h"

struct psc {
    const struct graph *graph;
    struct event **event; /* numbered, see psc_nodes.h */
    uint32_t count, words;
    uint64_t *scb; /* count rows */
    const struct clock *
        *entry;     /* hb before the last step into the event that changes location */
    int32_t *leave; /* index of the first event after it at another location */
    struct event **sc;
    uint32_t sc_count, sc_words;
    uint64_t *edges; /* sc_count rows */
    /* sc_count rows of events, of fences only: in hb after and before it; by hb and then eco after it. */
    uint64_t *after, *before, *beyond;
};

static int is_real(const struct event *event) {
    switch (event->kind) {
    case ACTION_YIELD:
    case ACTION_CALL:
    case ACTION_RETURN:
    case ACTION_ALLOC:
    case ACTION_FREE:
    case ACTION_CHOOSE:
        return 0;
    default:
        return 1;
    }
}

static int same_place(const struct event *a, const struct event *b) {
    if ((a->flags & EVENT_ATOMIC) && (b->flags & EVENT_ATOMIC))
        return a->location == b->location;
    if (a->kind != ACTION_READ && a->kind != ACTION_WRITE && !(a->flags & EVENT_ATOMIC))
        return 0;
    if (b->kind != ACTION_READ && b->kind != ACTION_WRITE && !(b->flags & EVENT_ATOMIC))
        return 0;
    return a->node->action.address == b->node->action.address;
}

static void set(uint64_t *row, uint32_t bit) {
    row[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static int has(const uint64_t *row, uint32_t bit) {
    return row[bit / 64] >> (bit % 64) & 1;
}

static const struct clock *step_in(const struct thread *thread,
                                   const struct event *event) {
    for (int32_t i = event->index; i-- > 0;) {
        const struct event *before = thread->events[i];
        if (is_real(before) && !same_place(before, event))
            return before->hb;
    }
    return thread->spawned_by ? thread->spawned_by->hb : &clock_zero;
}

static int32_t step_out(const struct thread *thread, const struct event *event) {
    for (size_t i = (size_t)event->index + 1; i < thread->count; i++) {
        const struct event *after = thread->events[i];
        if (is_real(after) && !same_place(after, event))
            return after->index;
    }
    return INT32_MAX;
}

/* Is there a write to bytes that `read` reads, after what it reads and up to `write`? */
static int part_changes(const struct event *read, const struct event *write) {
    for (size_t mo = read->rf->mo + 1u; mo <= write->mo; mo++)
        if (part_meets(read->node, read->location->mo[mo]))
            return 1;
    return 0;
}

static int precedes_in_mo(const struct event *a, const struct event *b) {
    if (!(b->flags & EVENT_WRITES))
        return 0;
    if ((a->flags & EVENT_WRITES) && a->mo < b->mo)
        return 1;
    if (!(a->flags & EVENT_READS) || a == b || a->rf->mo >= b->mo)
        return 0;
    return !a->location->mixed || part_changes(a, b); /* rb */
}

static int scb(const struct psc *psc, uint32_t a, uint32_t b) {
    const struct event *x = psc->event[a], *y = psc->event[b];
    if (x->thread == y->thread) {
        if (x->index < y->index)
            return 1;
    } else if (psc->leave[a] < clock_at(psc->entry[b], x->thread)) {
        return 1;
    }
    if (!x->location || x->location != y->location)
        return 0;
    return precedes_in_mo(x, y) || happens_before(x, y);
}

static void psc_scb(struct psc *psc, struct arena *scratch) {
    uint32_t n = psc->count;
    psc->entry = arena_take(scratch, n * sizeof(const struct clock *));
    psc->leave = arena_take(scratch, n * sizeof *psc->leave);
    psc->scb = arena_take_zeroed(scratch, (size_t)n * psc->words * sizeof(uint64_t));
    for (uint32_t i = 0; i < n; i++) {
        const struct thread *thread = &psc->graph->threads[psc->event[i]->thread];
        psc->entry[i] = step_in(thread, psc->event[i]);
        psc->leave[i] = step_out(thread, psc->event[i]);
    }
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = 0; b < n; b++)
            if (a != b && scb(psc, a, b))
                set(&psc->scb[(size_t)a * psc->words], b);
}

static int is_sc_fence(const struct event *event) { return event->kind == ACTION_FENCE; }

static int eco(const struct event *a, const struct event *b) {
    if (a == b || !a->location || a->location != b->location)
        return 0;
    if (precedes_in_mo(a, b))
        return 1;
    if (!(b->flags & EVENT_READS))
        return 0;
    const struct event *source = b->rf;
    if (source == a)
        return 1;
    return source->mo > 0 && precedes_in_mo(a, source);
}

static int meets(const uint64_t *a, const uint64_t *b, uint32_t words) {
    for (uint32_t w = 0; w < words; w++)
        if (a[w] & b[w])
            return 1;
    return 0;
}

/* Asked of every pair of fences: so what hb and eco reach from each is found once. */
static void psc_fences(struct psc *psc, struct arena *scratch) {
    size_t size = (size_t)psc->sc_count * psc->words * sizeof(uint64_t);
    psc->after = arena_take_zeroed(scratch, size);
    psc->before = arena_take_zeroed(scratch, size);
    psc->beyond = arena_take_zeroed(scratch, size);
    uint32_t fences = 0;
    for (uint32_t k = 0; k < psc->sc_count; k++) {
        if (!is_sc_fence(psc->sc[k]))
            continue;
        fences++;
        for (uint32_t a = 0; a < psc->count; a++) {
            if (happens_before(psc->sc[k], psc->event[a]))
                set(&psc->after[(size_t)k * psc->words], a);
            if (happens_before(psc->event[a], psc->sc[k]))
                set(&psc->before[(size_t)k * psc->words], a);
        }
    }
    if (fences < 2)
        return;
    uint64_t *row = arena_take(scratch, psc->words * sizeof *row);
    for (uint32_t a = 0; a < psc->count; a++) {
        if (!psc->event[a]->location)
            continue;
        memset(row, 0, psc->words * sizeof *row);
        for (uint32_t b = 0; b < psc->count; b++)
            if (eco(psc->event[a], psc->event[b]))
                set(row, b);
        for (uint32_t k = 0; k < psc->sc_count; k++)
            if (has(&psc->after[(size_t)k * psc->words], a))
                for (uint32_t w = 0; w < psc->words; w++)
                    psc->beyond[(size_t)k * psc->words + w] |= row[w];
    }
}

/* hb? ; eco ; hb between fences. */
static int fences_ordered(const struct psc *psc, uint32_t f, uint32_t g) {
    return happens_before(psc->sc[f], psc->sc[g]) ||
           meets(&psc->beyond[(size_t)f * psc->words],
                 &psc->before[(size_t)g * psc->words], psc->words);
}

/* Everything that [SC] U [F_sc];hb? ; scb reaches from an SC event. */
static void psc_reach(const struct psc *psc, uint32_t from, uint64_t *reached) {
    const uint64_t *after = &psc->after[(size_t)from * psc->words];
    size_t bytes = psc->words * sizeof *reached;
    memcpy(reached, &psc->scb[(size_t)psc->sc[from]->visited * psc->words], bytes);
    for (uint32_t a = 0; a < psc->count; a++)
        if (has(after, a))
            for (uint32_t w = 0; w < psc->words; w++)
                reached[w] |= psc->scb[(size_t)a * psc->words + w];
}

static int psc_edge(const struct psc *psc, uint32_t f, uint32_t t,
                    const uint64_t *reached) {
    const struct event *from = psc->sc[f], *to = psc->sc[t];
    if (has(reached, to->visited))
        return 1;
    if (!is_sc_fence(to))
        return 0;
    if (meets(reached, &psc->before[(size_t)t * psc->words], psc->words))
        return 1;
    return is_sc_fence(from) && from != to && fences_ordered(psc, f, t);
}

static void psc_edges(struct psc *psc, struct arena *scratch) {
    psc_fences(psc, scratch);
    psc->edges = arena_take_zeroed(scratch, (size_t)psc->sc_count * psc->sc_words *
                                                sizeof(uint64_t));
    uint64_t *reached = arena_take(scratch, psc->words * sizeof *reached);
    for (uint32_t i = 0; i < psc->sc_count; i++) {
        psc_reach(psc, i, reached);
        for (uint32_t k = 0; k < psc->sc_count; k++)
            if (psc_edge(psc, i, k, reached))
                set(&psc->edges[(size_t)i * psc->sc_words], k);
    }
}

/* Takes away events without a way out until none is left, or only cycles are. */
static int is_acyclic(const struct psc *psc, struct arena *scratch) {
    uint64_t *left = arena_take_zeroed(scratch, psc->sc_words * sizeof *left);
    for (uint32_t i = 0; i < psc->sc_count; i++)
        set(left, i);
    uint32_t remaining = psc->sc_count;
    for (int changed = 1; changed && remaining;) {
        changed = 0;
        for (uint32_t i = 0; i < psc->sc_count; i++) {
            if (!has(left, i))
                continue;
            uint64_t out = 0;
            for (uint32_t w = 0; w < psc->sc_words; w++)
                out |= psc->edges[(size_t)i * psc->sc_words + w] & left[w];
            if (out)
                continue;
            left[i / 64] &= ~(UINT64_C(1) << (i % 64));
            remaining--;
            changed = 1;
        }
    }
    return !remaining;
}

int psc_allows(struct graph *graph, struct arena *scratch, const struct event *added) {
    struct arena_mark mark = arena_mark(scratch);
    struct psc_nodes nodes;
    int acyclic = 1;
    if (psc_nodes_find(&nodes, graph, scratch, added) && nodes.sc_count > 1) {
        struct psc psc = {.graph = graph,
                          .event = nodes.event,
                          .count = nodes.count,
                          .words = (nodes.count + 63) / 64,
                          .sc = nodes.sc,
                          .sc_count = nodes.sc_count,
                          .sc_words = (nodes.sc_count + 63) / 64};
        psc_scb(&psc, scratch);
        psc_edges(&psc, scratch);
        acyclic = is_acyclic(&psc, scratch);
    }
    arena_release(scratch, mark);
    return acyclic;
}
