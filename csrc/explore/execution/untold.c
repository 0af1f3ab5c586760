/* SPDX-License-Identifier: MIT */
/* untold: see untold.h. */
#include "execution/untold.h"

#include <string.h>

#include "graph/array.h"
#include "graph/widths.h"
#include "value.h"

enum {
    GAP = 16, /* around a block: whose step is there is for the graph to judge */
    MOST_IN_A_ROW = 1 << 22 /* a thread that goes on for so long may never end */
};

/* With races allowed plain accesses are choices as well. */
static int is_on(const struct explorer *explorer) {
    const struct explore_options *options = explorer->options;
    return options->untold && !options->races_allowed && !options->volatile_relaxed &&
           !options->plain_relaxed && !widths_tells(explorer->widths, 0);
}

/* --- places ------------------------------------------------------------------------------- */

static uintptr_t part_of(uintptr_t address, uintptr_t begin, uintptr_t bytes,
                         uint32_t *owner) {
    *owner = (uint32_t)((address - begin) / bytes);
    return begin + *owner * bytes;
}

/* The whole stack or storage of a thread, by its first byte; 0: it is neither. */
static uintptr_t private_part(const struct explore_options *options, uintptr_t address,
                              uint32_t *owner) {
    if (address >= options->stacks_begin && address < options->stacks_end)
        return part_of(address, options->stacks_begin, options->stack_bytes, owner);
    if (address >= options->tls_begin && address < options->tls_end)
        return part_of(address, options->tls_begin, options->tls_bytes, owner);
    return 0;
}

/* The block that the address is in, or in the gap around. */
static struct untold_block *block_at(struct untold *untold, uintptr_t address) {
    struct untold_block *near = NULL;
    for (size_t i = untold->block_count; i-- > 0;) {
        struct untold_block *block = &untold->blocks[i];
        if (address - block->start < block->length)
            return block;
        if (address + GAP - block->start < block->length + 2 * GAP)
            near = block;
    }
    return near;
}

static int is_in_range(const struct explore_options *options, uintptr_t address,
                       size_t length) {
    size_t low = 0, high = options->range_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (options->ranges[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && address + length <= options->ranges[low - 1].end;
}

static enum untold_answer tell(struct explorer *explorer, uintptr_t place) {
    widths_tell(&explorer->panic, explorer->widths, place);
    explorer->live.valid = 0;
    explorer->begins_anew = explorer->stop = explorer->abandoned = 1;
    return UNTOLD_NO_MORE;
}

/* --- who was there ------------------------------------------------------------------------ */

/* Did `a` come before `b`, whatever is chosen, since their threads are one behind the other? */
static int comes_before(const struct explorer *explorer, const struct untold_touch *a,
                        const struct untold_touch *b) {
    if (b->joined >> a->thread & 1)
        return 1;
    for (uint32_t thread = b->thread; thread;) {
        size_t i = 0;
        while (i < explorer->child_count && explorer->children[i].id != thread)
            i++;
        if (i == explorer->child_count)
            return 0;
        const struct child *child = &explorer->children[i];
        if (child->parent == a->thread)
            return a->spawned <= child->nth;
        thread = child->parent;
    }
    return 0;
}

static struct untold_place *place_of(struct explorer *explorer, uintptr_t granule,
                                     uint64_t life) {
    struct untold *untold = &explorer->untold;
    struct untold_place **at =
        &untold
             ->places[(granule ^ life * 31) * 0x9E3779B97F4A7C15u >> (64 - UNTOLD_BITS)];
    for (; *at; at = &(*at)->next)
        if ((*at)->granule == granule && (*at)->life == life)
            return *at;
    *at = arena_take_zeroed(&untold->arena, sizeof **at);
    (*at)->granule = granule;
    (*at)->life = life;
    return *at;
}

/* 0: somebody else may be there at the same time. */
static int may_touch(struct explorer *explorer, uint32_t id, uintptr_t granule,
                     uint64_t life, int writes) {
    const struct untold_thread *thread = &explorer->live.threads[id].untold;
    struct untold_place *place = place_of(explorer, granule, life);
    struct untold_touch now = {NULL, thread->joined, thread->spawned, (uint8_t)id,
                               (uint8_t)writes};
    struct untold_touch *same = place->touches;
    while (same && (same->thread != id || same->joined != now.joined ||
                    same->spawned != now.spawned))
        same = same->next;
    if (same && same->writes >= writes)
        return 1; /* compared with all others already */
    for (const struct untold_touch *then = place->touches; then; then = then->next)
        if (then->thread != id && (writes || then->writes) &&
            !comes_before(explorer, then, &now) && !comes_before(explorer, &now, then))
            return 0;
    if (same) {
        same->writes = 1;
        return 1;
    }
    now.next = place->touches;
    place->touches = arena_take(&explorer->untold.arena, sizeof now);
    *place->touches = now;
    return 1;
}

static int may_touch_all(struct explorer *explorer, uint32_t id, uintptr_t address,
                         size_t length, uint64_t life, int writes) {
    for (uintptr_t at = address >> 3; at <= (address + length - 1) >> 3; at++)
        if (!may_touch(explorer, id, at, life, writes))
            return 0;
    return 1;
}

/* --- accesses ----------------------------------------------------------------------------- */

static uint64_t mixed(uint64_t digest, uint64_t value) {
    digest = (digest ^ value) * 0xBF58476D1CE4E5B9u;
    return digest ^ (digest >> 29);
}

static void has_written(struct untold_thread *thread, uintptr_t address, size_t length) {
    thread->digest = mixed(thread->digest, address);
    for (size_t at = 0; at < length; at += 8) {
        uint64_t word = 0;
        memcpy(&word, (const void *)(address + at), length - at < 8 ? length - at : 8);
        thread->digest = mixed(thread->digest, word + 1);
    }
}

/* What a write announced is there at the thread's next step. */
static void settle(struct untold_thread *thread) {
    if (thread->length)
        has_written(thread, thread->written, thread->length);
    thread->length = 0;
}

/* As the memory is: nobody else has a say in it. */
static void answer_atomic(struct untold_thread *thread, const struct action *action,
                          struct reply *reply) {
    void *memory = (void *)action->address;
    uint64_t old[2] = {0, 0}, now[2], expected[2], desired[2];
    memcpy(old, memory, action->size);
    memcpy(now, old, sizeof now);
    memcpy(expected, action->expected, sizeof expected);
    memcpy(desired, action->operand, sizeof desired);
    value_cut(expected, action->size);
    value_cut(desired, action->size);
    if (action->kind == ACTION_RMW)
        value_of_rmw((enum action_op)action->op, action->size, action->operand, old, now);
    reply->succeeded =
        action->kind == ACTION_CAS && old[0] == expected[0] && old[1] == expected[1];
    if (action->kind == ACTION_STORE || reply->succeeded)
        memcpy(now, desired, sizeof now);
    if (action->kind != ACTION_LOAD && memcmp(old, now, action->size) != 0) {
        memcpy(memory, now, action->size);
        has_written(thread, action->address, action->size);
    }
    if (action->kind != ACTION_STORE)
        memcpy(reply->value, old, sizeof old);
}

static enum untold_answer answer_access(struct explorer *explorer, uint32_t id,
                                        const struct action *action,
                                        struct reply *reply) {
    int is_atomic = action->kind <= ACTION_CAS;
    size_t length = is_atomic ? action->size : action->length;
    int writes = action->kind != ACTION_LOAD && action->kind != ACTION_READ;
    uint64_t life = 0;
    uintptr_t place = action->address;
    struct untold_block *block = block_at(&explorer->untold, action->address);
    if (block) {
        life = block->life;
        place = block->start;
    } else if (!is_in_range(explorer->options, place, length)) {
        return TOLD;
    }
    if (widths_tells(explorer->widths, place))
        return TOLD;
    if (block && (block->is_free || action->address < block->start ||
                  action->address + length > block->start + block->length))
        return tell(explorer, place);
    if (!may_touch_all(explorer, id, action->address, length, life, writes))
        return tell(explorer, place);
    struct untold_thread *thread = &explorer->live.threads[id].untold;
    if (is_atomic) {
        answer_atomic(thread, action, reply);
    } else if (writes) {
        thread->written = action->address;
        thread->length = length;
    }
    return UNTOLD;
}

static enum untold_answer answer_private(struct explorer *explorer, uint32_t id,
                                         const struct action *action, uintptr_t part,
                                         uint32_t owner) {
    if (widths_tells(explorer->widths, part))
        return TOLD;
    if (owner != id || action->kind <= ACTION_CAS)
        return tell(explorer, part);
    return action->flags & (ACTION_VOLATILE | ACTION_BETWEEN) ? TOLD : UNTOLD;
}

static enum untold_answer answer_any_access(struct explorer *explorer, uint32_t id,
                                            const struct action *action,
                                            struct reply *reply) {
    uint32_t owner;
    if (action->kind <= ACTION_CAS &&
        ((action->flags & ACTION_HIDDEN) || action->guard != GUARD_NONE))
        return TOLD;
    uintptr_t part = private_part(explorer->options, action->address, &owner);
    return part ? answer_private(explorer, id, action, part, owner)
                : answer_access(explorer, id, action, reply);
}

/* --- blocks ------------------------------------------------------------------------------- */

/* What was there before is another life of that memory, and over. */
static void forget_blocks(struct untold *untold, uintptr_t start, size_t length) {
    size_t kept = 0;
    for (size_t i = 0; i < untold->block_count; i++) {
        const struct untold_block *block = &untold->blocks[i];
        if (block->start >= start + length + GAP ||
            start >= block->start + block->length + GAP)
            untold->blocks[kept++] = *block;
    }
    untold->block_count = kept;
}

static enum untold_answer answer_alloc(struct explorer *explorer, uint32_t id,
                                       const struct action *action) {
    struct untold *untold = &explorer->untold;
    struct untold_thread *thread = &explorer->live.threads[id].untold;
    forget_blocks(untold, action->address, action->length);
    if (!(action->flags & ACTION_LIBRARYS) || !action->length ||
        widths_tells(explorer->widths, action->address))
        return TOLD;
    uint64_t life = (uint64_t)(id + 1) << 32 | ++thread->blocks;
    untold->blocks =
        array_grown(&explorer->panic, untold->blocks, &untold->block_capacity,
                    untold->block_count + 1, sizeof *untold->blocks);
    untold->blocks[untold->block_count++] =
        (struct untold_block){action->address, action->length, life, 0};
    if (!may_touch_all(explorer, id, action->address, action->length, life, 1))
        return tell(explorer, action->address);
    return UNTOLD;
}

static enum untold_answer answer_free(struct explorer *explorer, uint32_t id,
                                      const struct action *action) {
    struct untold_block *block = block_at(&explorer->untold, action->address);
    if (!block || widths_tells(explorer->widths, block->start))
        return TOLD;
    if (block->start != action->address || block->is_free ||
        !may_touch_all(explorer, id, block->start, block->length, block->life, 1))
        return tell(explorer, block->start);
    block->is_free = 1;
    return UNTOLD;
}

/* --- the whole ---------------------------------------------------------------------------- */

static enum untold_answer answer(struct explorer *explorer, uint32_t id,
                                 const struct action *action, struct reply *reply) {
    switch (action->kind) {
    case ACTION_LOAD:
    case ACTION_STORE:
    case ACTION_RMW:
    case ACTION_CAS:
    case ACTION_READ:
    case ACTION_WRITE:
        return answer_any_access(explorer, id, action, reply);
    case ACTION_ALLOC:
        return answer_alloc(explorer, id, action);
    case ACTION_FREE:
        return answer_free(explorer, id, action);
    case ACTION_FENCE:
        return !EXPLORE_UNTOLD_EVERYWHERE && action->order == ORDER_ACQUIRE &&
                       !explorer->live.threads[id].untold.has_read
                   ? UNTOLD
                   : TOLD;
    default:
        return TOLD;
    }
}

enum untold_answer untold_answer(struct explorer *explorer, uint32_t thread,
                                 struct action *action, struct reply *reply) {
    struct untold_thread *own = &explorer->live.threads[thread].untold;
    if (!explorer->untold.is_open)
        return TOLD;
    settle(own);
    if (action->kind == ACTION_SPAWN)
        action->expected[0] = own->digest;
    if (action->kind == ACTION_FINISH)
        action->operand[1] = own->digest;
    memset(reply, 0, sizeof *reply);
    reply->is_untold = 1;
    enum untold_answer found = answer(explorer, thread, action, reply);
    if (found == UNTOLD && ++own->in_a_row == MOST_IN_A_ROW)
        return tell(explorer, 0);
    if (found == TOLD)
        own->in_a_row = 0;
    return found;
}

void untold_passed(struct untold_thread *thread, const struct event *event) {
    unsigned order = event->order;
    if (event->kind == ACTION_SPAWN)
        thread->spawned++;
    if (event->kind == ACTION_JOIN && event->rf) {
        thread->joined |= UINT64_C(1) << event->rf->thread;
        thread->digest = mixed(thread->digest, event->read[1]);
    }
    if ((event->flags & EVENT_READS) && order != ORDER_ACQUIRE &&
        order != ORDER_ACQ_REL && order != ORDER_SEQ_CST)
        thread->has_read = 1;
    if (event->kind == ACTION_FENCE && order != ORDER_RELEASE && order != ORDER_RELAXED)
        thread->has_read = 0;
}

void untold_begin(struct untold_thread *thread, const struct event *maker) {
    thread->digest = maker ? maker->node->action.expected[0] : 0;
}

/* Whose stack and storage nobody else has come to yet. */
static uint64_t private_threads(const struct explorer *explorer) {
    const struct explore_options *options = explorer->options;
    uint64_t threads = 0;
    for (uint32_t id = 0; id < 64; id++)
        if (!widths_tells(explorer->widths,
                          options->stacks_begin + id * options->stack_bytes) &&
            !widths_tells(explorer->widths, options->tls_begin + id * options->tls_bytes))
            threads |= UINT64_C(1) << id;
    return threads;
}

void untold_restart(struct explorer *explorer) {
    struct untold *untold = &explorer->untold;
    const struct program *program = explorer->program;
    untold->block_count = 0;
    if (!program->keep_private)
        return;
    if (is_on(explorer) && !untold->is_open) {
        arena_init(&untold->arena, &explorer->panic);
        untold->is_open = 1;
        untold->private = private_threads(explorer);
    }
    program->keep_private(program->self, untold->private);
}
