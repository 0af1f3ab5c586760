/* SPDX-License-Identifier: MIT */
/* behaviour: see behaviour.h. */
#include "graph/behaviour.h"

#include <string.h>

#include "graph/bases.h"
#include "graph/blocks.h"
#include "graph/byte_parts.h"
#include "graph/cells.h"
#include "graph/locations.h"
#include "graph/node.h"
#include "graph/widths.h"

enum { MANY_EDGES = 4 };

void behaviour_init(struct behaviour *behaviour, struct graph *graph, jmp_buf *panic) {
    memset(behaviour, 0, sizeof *behaviour);
    arena_init(&behaviour->arena, panic);
    arena_init(&behaviour->root_arena, panic);
    behaviour->graph = graph;
}

void behaviour_free(struct behaviour *behaviour) {
    arena_free(&behaviour->arena);
    arena_free(&behaviour->root_arena);
}

struct root *behaviour_root(struct behaviour *behaviour, uint32_t thread,
                            const uint64_t *operand, uint64_t digest) {
    struct root *root = behaviour->roots;
    while (root && (root->thread != thread || root->operand[0] != operand[0] ||
                    root->operand[1] != operand[1] || root->digest != digest))
        root = root->next;
    if (root)
        return root;
    root = arena_take_zeroed(&behaviour->root_arena, sizeof *root);
    root->thread = thread;
    root->operand[0] = operand[0];
    root->operand[1] = operand[1];
    root->digest = digest;
    root->next = behaviour->roots;
    behaviour->roots = root;
    return root;
}

/* What lay in memory where a plain read goes is no behaviour of the thread. */
static uint8_t own_flags(const struct action *action) {
    return action->kind == ACTION_READ
               ? (uint8_t)(action->flags & ~(ACTION_FILLED | ACTION_MOVES))
               : action->flags;
}

int behaviour_same(const struct action *a, const struct action *b) {
    return a->kind == b->kind && a->order == b->order && a->order_fail == b->order_fail &&
           a->op == b->op && a->size == b->size && a->guard == b->guard &&
           own_flags(a) == own_flags(b) && a->failure == b->failure &&
           a->site == b->site && a->address == b->address && a->length == b->length &&
           a->operand[0] == b->operand[0] && a->operand[1] == b->operand[1] &&
           a->expected[0] == b->expected[0] && a->expected[1] == b->expected[1] &&
           a->guard_value == b->guard_value;
}

/* --- nodes -------------------------------------------------------------------------------- */

static int is_atomic(uint8_t kind) { return kind <= ACTION_CAS; }

static int natural_size(uintptr_t address, size_t length) {
    return length && length <= 16 && !(length & (length - 1)) && address % length == 0;
}

static void node_as_relaxed(struct node *node) {
    node->kind = node->action.kind == ACTION_READ ? ACTION_LOAD : ACTION_STORE;
    node->order = node->order_fail = ORDER_RELAXED;
    node->races = 1;
}

/* An access to a part of something wider is one to the wider location. */
static void node_place_part(struct behaviour *behaviour, struct node *node) {
    struct graph *graph = behaviour->graph;
    uintptr_t address = node->action.address;
    struct explore_width width = widths_find(graph, address, node->size);
    widths_widen(graph, width);
    node->location = location_of(graph, width.address, width.size, 0);
    if (!node->location->cell[0])
        base_place(graph->memory, graph, node->location);
    node->shift = (uint8_t)(address - width.address);
    node->part = ((1u << node->size) - 1u) << node->shift;
    if (node->size == width.size)
        return;
    node->location->mixed = graph->mixed = 1;
    if (node->kind == ACTION_STORE) {
        node->kind = ACTION_RMW;
        node->carries = 1;
    }
}

static void node_place(struct behaviour *behaviour, struct node *node) {
    const struct action *action = &node->action;
    uint32_t size = node->races ? (uint32_t)action->length : action->size;
    if (!natural_size(action->address, size)) {
        node->kind = ACTION_FAIL;
        node->refused = "an atomic access of this size or alignment cannot be modelled";
        return;
    }
    node->size = (uint8_t)size;
    if (action->flags & ACTION_HIDDEN) {
        node->location = location_of(behaviour->graph, action->address, size, 1);
        node->part = part_whole(node->location);
    } else {
        node_place_part(behaviour, node);
    }
}

static int counts_as_relaxed(const struct behaviour *behaviour,
                             const struct action *action) {
    if ((action->kind != ACTION_READ && action->kind != ACTION_WRITE) ||
        !natural_size(action->address, action->length))
        return 0;
    if (action->flags & ACTION_PRIVATE)
        return behaviour->races_allowed &&
               widths_know(behaviour->graph->widths, action->address, action->length);
    return behaviour->races_allowed || (action->flags & ACTION_RELAXED) ||
           (behaviour->volatile_relaxed && (action->flags & ACTION_VOLATILE));
}

struct node *behaviour_node(struct behaviour *behaviour, const struct action *action) {
    struct node *node = arena_take_zeroed(&behaviour->arena, sizeof *node);
    node->action = *action;
    node->kind = action->kind;
    node->order = action->order;
    node->order_fail = action->order_fail;
    node->first.tag = UINT32_MAX;
    if (counts_as_relaxed(behaviour, action)) {
        node_as_relaxed(node);
        if (action->flags & ACTION_FOREIGN)
            widths_share(
                behaviour->graph,
                (struct explore_width){action->address, (uint32_t)action->length});
    }
    if (is_atomic(node->kind)) {
        node_place(behaviour, node);
    } else if (node->kind == ACTION_READ || node->kind == ACTION_WRITE ||
               (node->kind == ACTION_ALLOC && action->length <= BLOCK_TRACKED_BYTES)) {
        node->cells = cells_of(behaviour->graph->memory, &behaviour->arena,
                               action->address, action->length, &node->cell_count);
    }
    return node;
}

/* --- edges -------------------------------------------------------------------------------- */

static void edges_rehash(struct behaviour *behaviour, struct node *node) {
    struct edge *all = node->table ? NULL : node->first.next;
    for (uint32_t i = 0; i < node->table_size; i++) {
        struct edge *edge = node->table[i];
        while (edge) {
            struct edge *next = edge->next;
            edge->next = all;
            all = edge;
            edge = next;
        }
    }
    node->table_size = node->table_size ? node->table_size * 4 : 32;
    node->table =
        arena_take_zeroed(&behaviour->arena, node->table_size * sizeof(struct edge *));
    node->first.next = NULL;
    while (all) {
        struct edge *next = all->next;
        struct edge **slot = &node->table[node_slot(node, all->value, all->tag)];
        all->next = *slot;
        *slot = all;
        all = next;
    }
}

void behaviour_add(struct behaviour *behaviour, struct node *node, const uint64_t *value,
                   uint32_t tag, struct node *to) {
    struct edge *edge = &node->first;
    if (node->first.to) {
        if (node->edges >= MANY_EDGES && node->edges >= node->table_size)
            edges_rehash(behaviour, node);
        edge = arena_take_zeroed(&behaviour->arena, sizeof *edge);
        struct edge **list =
            node->table ? &node->table[node_slot(node, value, tag)] : &node->first.next;
        edge->next = *list;
        *list = edge;
    }
    edge->value[0] = value[0];
    edge->value[1] = value[1];
    edge->tag = tag;
    edge->to = to;
    node->edges++;
}

/* --- the cap ------------------------------------------------------------------------------ */

static struct node *node_moved(struct arena *arena, struct node *node) {
    if (node->moved)
        return node->moved;
    struct node *copy = arena_take(arena, sizeof *copy);
    *copy = *node;
    memset(&copy->first, 0, sizeof copy->first);
    copy->first.tag = UINT32_MAX;
    copy->edges = copy->table_size = 0;
    copy->table = NULL;
    if (node->cell_count) {
        copy->cells = arena_take(arena, node->cell_count * sizeof(struct cell *));
        memcpy(copy->cells, node->cells, node->cell_count * sizeof(struct cell *));
    }
    if (node->bytes) {
        copy->bytes = arena_take(arena, node->action.length + 1);
        memcpy(copy->bytes, node->bytes, node->action.length);
    }
    return node->moved = copy;
}

void behaviour_drop(struct behaviour *behaviour) {
    struct graph *graph = behaviour->graph;
    struct arena fresh;
    arena_init(&fresh, behaviour->arena.panic);
    for (size_t i = 0; i < graph->made_count; i++) {
        struct event *event = graph->made[i];
        if (event->node)
            event->node = node_moved(&fresh, event->node);
        event->after = NULL;
    }
    for (size_t i = 0; i < graph->made_count; i++)
        if (graph->made[i]->node)
            graph->made[i]->node->moved = NULL;
    arena_free(&behaviour->arena);
    behaviour->arena = fresh;
    /* Where most of it is needed, dropping again at each step would copy it all each time. */
    if (behaviour->cap < 2 * fresh.total)
        behaviour->cap = 2 * fresh.total;
    for (struct root *root = behaviour->roots; root; root = root->next)
        root->first = NULL;
}
