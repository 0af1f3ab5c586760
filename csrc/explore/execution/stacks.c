/* SPDX-License-Identifier: MIT */
/* stacks: see stacks.h. */
#include "execution/stacks.h"

#include "graph/node.h"

/* Whose memory it is; 0: nobody's that could end before the process does. */
static uint32_t owner_of(const struct explorer *explorer, const struct event *event) {
    const struct explore_options *options = explorer->options;
    uintptr_t address = event->node->action.address;
    uint64_t owner = 0;

    if (event->node->action.flags & ACTION_HIDDEN)
        return 0; /* that is an address of nothing */
    if (address >= options->stacks_begin && address < options->stacks_end)
        owner = (address - options->stacks_begin) / options->stack_bytes;
    else if (address >= options->tls_begin && address < options->tls_end)
        owner = (address - options->tls_begin) / options->tls_bytes;
    return owner < explorer->graph.thread_count ? (uint32_t)owner : 0;
}

static int is_access(const struct event *event) {
    return (event->flags & EVENT_ATOMIC) ||
           (event->kind == ACTION_READ && !node_is_look(event->node)) ||
           event->kind == ACTION_WRITE;
}

const struct event *stacks_end_of_owner(struct explorer *explorer,
                                        const struct event *event) {
    uint32_t owner = owner_of(explorer, event);
    if (!owner || owner == event->thread)
        return NULL;
    explorer->stacks_shared = 1;
    return explorer->graph.threads[owner].finish;
}

struct range {
    uintptr_t begin;
    size_t bytes;
};

/* Of equal parts of the memory from `begin` to `end`; empty if that is. */
static struct range nth_part(uint32_t n, uintptr_t begin, uintptr_t end, size_t bytes) {
    return (struct range){begin + n * bytes, begin == end ? 0 : bytes};
}

static int is_use_of(const struct event *event, const struct range *own) {
    uintptr_t address = event->node->action.address;
    return (address - own[0].begin < own[0].bytes ||
            address - own[1].begin < own[1].bytes) &&
           is_access(event) && !(event->node->action.flags & ACTION_HIDDEN);
}

const struct event *stacks_late_use(const struct explorer *explorer,
                                    const struct event *finish) {
    const struct graph *graph = &explorer->graph;
    if (!explorer->stacks_shared || !finish->thread)
        return NULL;
    const struct explore_options *options = explorer->options;
    const struct range own[2] = {nth_part(finish->thread, options->stacks_begin,
                                          options->stacks_end, options->stack_bytes),
                                 nth_part(finish->thread, options->tls_begin,
                                          options->tls_end, options->tls_bytes)};
    const struct event *first = NULL;
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        const struct thread *thread = &graph->threads[t];
        size_t known =
            t == finish->thread ? thread->count : (size_t)clock_at(finish->stays, t);
        for (size_t i = known; i < thread->count; i++) {
            const struct event *event = thread->events[i];
            if (first && first->stamp < event->stamp)
                break;
            if (is_use_of(event, own))
                first = event;
        }
    }
    return first;
}
