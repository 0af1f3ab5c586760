/* SPDX-License-Identifier: MIT */
/* psc: see psc.h. */
#include "models/psc.h"

#include <string.h>

#include "graph/byte_parts.h"
#include "graph/node.h"
#include "models/psc_nodes.h"

struct psc {
    const struct graph *graph;
    struct event **event;  /* numbered, see psc_nodes.h */
    const uint32_t *first; /* of each thread */
    uint32_t *next;        /* 1 + the next one at the same location; 0: there is none */
    uint32_t *at;          /* 1 + the first one at each location */
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

static int has(const uint64_t *row, uint64_t bit) {
    return row[bit / 64] >> (bit % 64) & 1;
}

static int32_t step_in(const struct thread *thread, const struct event *event) {
    for (int32_t i = event->index; i-- > 0;) {
        const struct event *before = thread->events[i];
        if (is_real(before) && !same_place(before, event))
            return i;
    }
    return -1;
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

static inline int precedes_in_mo(const struct event *a, const struct event *b) {
    if (!(b->flags & EVENT_WRITES))
        return 0;
    if ((a->flags & EVENT_WRITES) && a->mo < b->mo)
        return 1;
    if (!(a->flags & EVENT_READS) || a == b || a->rf->mo >= b->mo)
        return 0;
    return !a->location->mixed || part_changes(a, b); /* rb */
}

/* From `from` on, up to and without `end`. */
static void set_range(uint64_t *row, uint32_t from, uint32_t end) {
    while (from < end) {
        uint32_t word = from / 64, next = (word + 1) * 64;
        uint64_t bits = ~UINT64_C(0) << (from % 64);
        if (next > end)
            bits &= ~(~UINT64_C(0) << (end % 64));
        row[word] |= bits;
        from = next;
    }
}

static void psc_chain(struct psc *psc, struct arena *scratch) {
    psc->next = arena_take(scratch, psc->count * sizeof(uint32_t));
    psc->at =
        arena_take_zeroed(scratch, (psc->graph->location_count + 1) * sizeof(uint32_t));
    for (uint32_t i = psc->count; i-- > 0;) {
        if (!psc->event[i]->location)
            continue;
        uint32_t *first = &psc->at[psc->event[i]->location->number];
        psc->next[i] = *first;
        *first = i + 1;
    }
}

static int leads_on(const struct psc *psc, uint32_t a, uint32_t b) {
    return psc->leave[a] < clock_at(psc->entry[b], psc->event[a]->thread);
}

/* Through other locations to other threads: there to all from the first on, because clocks grow. `cursor`
   has the first for the thread's event before. */
static void scb_to_others(const struct psc *psc, uint32_t a, uint32_t *cursor) {
    uint64_t *row = &psc->scb[(size_t)a * psc->words];
    for (uint32_t t = 0; t < psc->graph->thread_count; t++) {
        uint32_t end = psc->first[t + 1];
        if (t == psc->event[a]->thread)
            continue;
        while (cursor[t] < end && !leads_on(psc, a, cursor[t]))
            cursor[t]++;
        set_range(row, cursor[t], end);
    }
}

/* The same where a thread's steps into and out of its events do not come one behind the other: of plain
   accesses some are at the place of a part of an atomic object, others are not. */
static void scb_to_each(const struct psc *psc, uint32_t a) {
    for (uint32_t b = 0; b < psc->count; b++)
        if (psc->event[b]->thread != psc->event[a]->thread && leads_on(psc, a, b))
            set(&psc->scb[(size_t)a * psc->words], b);
}

/* Are they one behind the other? */
static int psc_steps(struct psc *psc, struct arena *scratch) {
    int ordered = 1;
    psc->entry = arena_take(scratch, psc->count * sizeof(const struct clock *));
    psc->leave = arena_take(scratch, psc->count * sizeof *psc->leave);
    for (uint32_t t = 0; t < psc->graph->thread_count; t++) {
        const struct thread *thread = &psc->graph->threads[t];
        int32_t last_in = -1, last_out = -1;
        for (uint32_t i = psc->first[t]; i < psc->first[t + 1]; i++) {
            int32_t in = step_in(thread, psc->event[i]);
            psc->entry[i] = in >= 0              ? thread->events[in]->hb
                            : thread->spawned_by ? thread->spawned_by->hb
                                                 : &clock_zero;
            psc->leave[i] = step_out(thread, psc->event[i]);
            ordered &= in >= last_in && psc->leave[i] >= last_out;
            last_in = in;
            last_out = psc->leave[i];
        }
    }
    return ordered;
}

static void scb_at_location(const struct psc *psc, uint32_t a) {
    const struct event *x = psc->event[a];
    if (!x->location)
        return;
    for (uint32_t b = psc->at[x->location->number]; b; b = psc->next[b - 1]) {
        const struct event *y = psc->event[b - 1];
        if (x != y && (precedes_in_mo(x, y) || happens_before(x, y)))
            set(&psc->scb[(size_t)a * psc->words], b - 1);
    }
}

static void psc_scb(struct psc *psc, struct arena *scratch) {
    size_t threads = psc->graph->thread_count;
    psc->scb =
        arena_take_zeroed(scratch, (size_t)psc->count * psc->words * sizeof(uint64_t));
    int ordered = psc_steps(psc, scratch);
    psc_chain(psc, scratch);
    uint32_t *cursor = arena_take(scratch, threads * sizeof *cursor);
    for (uint32_t t = 0; t < threads; t++) {
        memcpy(cursor, psc->first, threads * sizeof *cursor);
        for (uint32_t a = psc->first[t]; a < psc->first[t + 1]; a++) {
            set_range(&psc->scb[(size_t)a * psc->words], a + 1, psc->first[t + 1]);
            if (ordered)
                scb_to_others(psc, a, cursor);
            else
                scb_to_each(psc, a);
            scb_at_location(psc, a);
        }
    }
}

static int is_sc_fence(const struct event *event) { return event->kind == ACTION_FENCE; }

/* Of two accesses to one location. */
static inline int eco(const struct event *a, const struct event *b) {
    if (a == b)
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

/* How many of a thread's events, from the first on, are not after `event`, and how many are before it. */
static uint32_t not_after(const struct psc *psc, uint32_t thread,
                          const struct event *event) {
    uint32_t low = psc->first[thread], high = psc->first[thread + 1];
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (happens_before(event, psc->event[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint32_t all_before(const struct psc *psc, uint32_t thread,
                           const struct event *event) {
    uint32_t low = psc->first[thread], high = psc->first[thread + 1];
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (happens_before(psc->event[middle], event))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What is beyond an event, is beyond all fences that the event is after. */
static void fences_beyond(struct psc *psc, uint32_t a, uint64_t *row) {
    const struct event *event = psc->event[a];
    memset(row, 0, psc->words * sizeof *row);
    for (uint32_t b = psc->at[event->location->number]; b; b = psc->next[b - 1])
        if (eco(event, psc->event[b - 1]))
            set(row, b - 1);
    for (uint32_t k = 0; k < psc->sc_count; k++)
        if (has(&psc->after[(size_t)k * psc->words], a))
            for (uint32_t w = 0; w < psc->words; w++)
                psc->beyond[(size_t)k * psc->words + w] |= row[w];
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
        for (uint32_t t = 0; t < psc->graph->thread_count; t++) {
            set_range(&psc->after[(size_t)k * psc->words], not_after(psc, t, psc->sc[k]),
                      psc->first[t + 1]);
            set_range(&psc->before[(size_t)k * psc->words], psc->first[t],
                      all_before(psc, t, psc->sc[k]));
        }
    }
    if (fences < 2)
        return;
    uint64_t *row = arena_take(scratch, psc->words * sizeof *row);
    for (uint32_t a = 0; a < psc->count; a++)
        if (psc->event[a]->location)
            fences_beyond(psc, a, row);
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
    for (uint32_t i = 0; i < psc->words; i++)
        for (uint64_t left = after[i]; left; left &= left - 1) {
            uint32_t a = i * 64 + (uint32_t)__builtin_ctzll(left);
            for (uint32_t w = 0; w < psc->words; w++)
                reached[w] |= psc->scb[(size_t)a * psc->words + w];
        }
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
                          .first = nodes.first,
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
