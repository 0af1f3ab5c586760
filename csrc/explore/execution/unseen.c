/* SPDX-License-Identifier: MIT */
/* unseen: see unseen.h. */
#include "execution/unseen.h"

#include <string.h>

#include "execution/executed.h"
#include "execution/failed.h"
#include "graph/byte_parts.h"
#include "graph/cells.h"
#include "graph/memory.h"
#include "graph/node.h"

/* --- atomic objects ----------------------------------------------------------------------- */

/* The write whose value lies in memory; NULL: not a value that is known. */
static const struct event *latest_known(const struct explorer *explorer,
                                        const struct location *location) {
    const struct event *write = executed_latest(explorer, location);
    if (write)
        return write->flags & EVENT_BASE ? NULL : write;
    return location->initial_known ? &location->initial : NULL;
}

/* Each byte is that of the latest write to it that the real run has gone through. */
static int parts_are_as_written(const struct graph *graph,
                                const struct location *location) {
    const unsigned char *memory = (const unsigned char *)location->address;
    uint32_t needed = part_whole(location);
    for (size_t mo = location->mo_count; needed && mo-- > 0;) {
        const struct event *write = location->mo[mo];
        if (mo && write->index >= graph->executed[write->thread])
            continue;
        uint32_t own = byte_parts_of(write) & needed;
        needed &= ~own;
        if ((write->flags & EVENT_BASE) || (!mo && !location->initial_known))
            continue;
        for (uint32_t i = 0; i < location->size; i++)
            if ((own >> i & 1) && memory[i] != ((const unsigned char *)write->written)[i])
                return 0;
    }
    return 1;
}

static int is_on_a_stack(const struct explorer *explorer, uintptr_t address) {
    return address >= explorer->graph.own_begin && address < explorer->graph.own_end;
}

/* A store to a stack may begin the life of a variable, where dead ones have lain. */
static int begins_anew_there(const struct explorer *explorer, const struct event *event) {
    return !(event->flags & EVENT_READS) &&
           is_on_a_stack(explorer, event->location->address);
}

static int atomic_is_as_written(const struct explorer *explorer,
                                const struct event *event) {
    const struct location *location = event->location;
    if (location->hidden || begins_anew_there(explorer, event))
        return 1;
    if (location->mixed)
        return parts_are_as_written(&explorer->graph, location);
    const struct event *latest = latest_known(explorer, location);
    return !latest ||
           !memcmp((const void *)location->address, latest->written, location->size);
}

/* --- plain memory ------------------------------------------------------------------------- */

static int byte_is(uintptr_t at, const unsigned char *bytes, uintptr_t address) {
    return *(const unsigned char *)at == bytes[at - address];
}

/* Do these bytes of the cell hold what the write left there? */
static int bytes_are(const struct cell *cell, uint8_t mask, const unsigned char *bytes,
                     uintptr_t address) {
    for (unsigned i = 0; i < 8; i++)
        if ((mask >> i & 1) && !byte_is((cell->granule << 3) + i, bytes, address))
            return 0;
    return 1;
}

static int is_atomic_now(const struct cell *cell, uint8_t mask) {
    for (const struct placed *placed = cell->placed; placed; placed = placed->next)
        if ((placed->mask & mask) && placed->location->mo_count > 1)
            return 1;
    return 0;
}

static int record_is_as_written(const struct explorer *explorer,
                                const struct record *record) {
    const struct program *program = explorer->program;
    const struct cell *cell = record->cell;
    uint8_t mask = record->mask;
    if (is_atomic_now(cell, mask))
        return 1;
    for (const struct record *at = record->older; at && mask; at = at->older) {
        uint8_t shared = at->writes ? at->mask & mask : 0;
        const struct node *node = at->event->node;
        mask &= (uint8_t)~shared;
        if (shared && at->event->kind == ACTION_WRITE && node->bytes &&
            !bytes_are(cell, shared, node->bytes, node->action.address))
            return 0;
    }
    const unsigned char *initial =
        mask && program->initial ? program->initial(program->self, cell->granule << 3)
                                 : NULL;
    return !initial || bytes_are(cell, mask, initial, cell->granule << 3);
}

static int plain_is_as_written(const struct explorer *explorer,
                               const struct event *event) {
    if (is_on_a_stack(explorer, event->node->action.address) &&
        (event->node->action.flags & ACTION_PRIVATE))
        return 1;
    for (const struct record *record = event->records; record; record = record->sibling)
        if (!record_is_as_written(explorer, record))
            return 0;
    return 1;
}

/* --- what follows ------------------------------------------------------------------------- */

static void remember_nothing(struct explorer *explorer) {
    struct explore_result *result = explorer->result;
    result->notes |= EXPLORE_NOTE_UNSEEN;
    if (explorer->options->no_memo)
        return;
    explorer->forgets = 1;
    if (result->executions + result->blocked + result->failures + result->samples == 0)
        explorer->begins_anew = explorer->stop = 1;
}

int unseen_look(struct explorer *explorer, const struct event *event) {
    const struct explore_options *options = explorer->options;
    if (options->races_allowed || options->volatile_relaxed || options->plain_relaxed)
        return 1;
    if (event->kind == ACTION_READ) {
        if (!plain_is_as_written(explorer, event))
            remember_nothing(explorer);
        return 1;
    }
    if (!(event->flags & EVENT_ATOMIC) || atomic_is_as_written(explorer, event))
        return 1;
    failed_report(explorer, FAILURE_UNSUPPORTED,
                  "an atomic object was changed behind the explorer's back: by inline "
                  "assembly, or by code that was compiled without instrumentation",
                  event, NULL, NULL);
    return 0;
}
