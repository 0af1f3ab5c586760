/* SPDX-License-Identifier: MIT */
#include "search/revisit.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"

#include <string.h>

static int was_before(const struct event *event, const struct event *other,
                      const struct event *write) {
    return event->stamp < other->stamp || in_prefix(event, write);
}

/* Would the event have taken its place after this write, if it had been there? */
static int matters(const struct event *event, const struct event *write) {
    if (event->flags & EVENT_WRITES)
        return event->flags & EVENT_READS ? part_is_source(event->node, write) : 1;
    return part_meets(event->node, write);
}

/* Is a write other than `skip` that lies mo-after `from` previous to `event`? */
static int overtaken_in_parts(const struct event *event, const struct event *from,
                              const struct event *write) {
    const struct location *location = event->location;
    for (size_t i = location->mo_count; --i > from->mo;) {
        const struct event *later = location->mo[i];
        if (later != event && later != write && was_before(later, event, write) &&
            matters(event, later))
            return 1;
    }
    return 0;
}

static int overtaken(const struct event *event, const struct event *from,
                     const struct event *write) {
    const struct location *location = event->location;
    if (location->mixed)
        return overtaken_in_parts(event, from, write);
    for (size_t i = location->mo_count; --i > from->mo;) {
        const struct event *later = location->mo[i];
        if (later != event && later != write && was_before(later, event, write))
            return 1;
    }
    return 0;
}

static int is_maximal(const struct event *event, const struct event *write) {
    if (event->flags & EVENT_WAITING)
        return 1;
    if (event->flags & EVENT_ODD)
        return 0;
    if (!(event->flags & EVENT_ATOMIC))
        return 1;
    if (event->flags & EVENT_SETTLED)
        return 0;
    if (event->flags & EVENT_READS)
        return was_before(event->rf, event, write) && !overtaken(event, event->rf, write);
    return !overtaken(event, event, write);
}

static inline int is_candidate(const struct event *read, const struct event *write) {
    return !(read->flags & EVENT_WAITING) && read->location == write->location &&
           (read->flags & EVENT_READS) && read->rf != write && !in_prefix(read, write) &&
           (!read->location->mixed || (read->flags & EVENT_WRITES) ||
            part_meets(read->node, write));
}

static size_t count_candidates(const struct event *write) {
    const struct location *location = write->location;
    size_t count = 0;
    if (!(location->read_by & ~(UINT64_C(1) << write->thread)))
        return 0; /* a thread's own reads are in its prefix */
    for (size_t i = 0; i < location->mo_count; i++)
        for (const struct event *read = location->mo[i]->readers; read;
             read = read->next_reader)
            if (is_candidate(read, write))
                count++;
    return count;
}

struct revisits revisit_reads(struct graph *graph, struct arena *arena,
                              const struct event *write) {
    struct revisits revisits = {NULL, 0};
    size_t candidates = count_candidates(write);
    if (!candidates)
        return revisits;
    revisits.read = arena_take(arena, candidates * sizeof(struct event *));
    for (size_t i = graph->count; candidates && i-- > 0;) {
        struct event *event = graph->sequence[i];
        if (event == write || in_prefix(event, write))
            continue;
        if (!is_maximal(event, write))
            break;
        if (!(event->flags & EVENT_ATOMIC) || !is_candidate(event, write))
            continue;
        revisits.read[revisits.count++] = event;
        candidates--;
    }
    return revisits;
}

static size_t sequence_position(const struct graph *graph, const struct event *event) {
    size_t low = 0, high = graph->count;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (graph->sequence[middle]->stamp <= event->stamp)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct cut revisit_cut(struct graph *graph, struct arena *arena, struct event *read,
                       const struct event *write) {
    struct cut cut = {0};
    cut.position = sequence_position(graph, read);
    cut.count = graph->count - cut.position;
    cut.tail = arena_take(arena, cut.count * sizeof(struct event *));
    cut.is_deleted = arena_take(arena, cut.count);
    memcpy(cut.tail, &graph->sequence[cut.position], cut.count * sizeof(struct event *));
    for (size_t i = cut.count; i-- > 0;) {
        struct event *event = cut.tail[i];
        cut.is_deleted[i] = event == read || (event != write && !in_prefix(event, write));
        if (cut.is_deleted[i])
            graph_detach(graph, event);
    }
    size_t kept = cut.position + 1; /* the first place is the revisited read's */
    for (size_t i = 1; i < cut.count; i++)
        if (!cut.is_deleted[i])
            graph->sequence[kept++] = cut.tail[i];
    graph->count = kept;
    return cut;
}

void revisit_link(struct graph *graph, const struct cut *cut, struct event *read,
                  uint32_t mo) {
    graph->sequence[cut->position] = read;
    graph_attach(graph, read, mo);
}

void revisit_unlink(struct graph *graph, const struct cut *cut, struct event *read) {
    (void)cut;
    graph_detach(graph, read);
}

void revisit_undo(struct graph *graph, const struct cut *cut) {
    memcpy(&graph->sequence[cut->position], cut->tail,
           cut->count * sizeof(struct event *));
    graph->count = cut->position + cut->count;
    for (size_t i = 0; i < cut->count; i++) {
        if (!cut->is_deleted[i])
            continue;
        struct event *event = cut->tail[i];
        uint32_t end = event->flags & EVENT_WRITES && event->flags & EVENT_ATOMIC
                           ? (uint32_t)event->location->mo_count
                           : 0;
        graph_attach(graph, event, end);
    }
}
