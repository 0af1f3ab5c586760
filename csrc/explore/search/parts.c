/* SPDX-License-Identifier: MIT */
/* parts: see parts.h. */
#include "search/parts.h"

#include <stdlib.h>
#include <string.h>

/* A point is a word of a command line, 17 characters a way. */
enum { MOST_WAYS = 3000, HEX = 16 };

struct way {
    uint64_t key, trail;
    double left; /* share of its visit that comes after it */
};

struct path {
    uint64_t *key;
    uint32_t count;
};

struct parts {
    struct way *way; /* from the root to where the search is */
    uint32_t depth, capacity;
    struct path after, until; /* of no ways: from the beginning, to the end */
    uint32_t matched;         /* ways that are those of `until` */
    uint8_t is_over;
};

static uint64_t mixed(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0xBF58476D1CE4E5B9u;
    return hash ^ (hash >> 31);
}

static uint64_t event_hash(uint64_t hash, const struct event *event) {
    hash = mixed(hash, (uint64_t)event->thread << 32 | (uint32_t)event->index);
    if (event->kind == ACTION_CHOOSE)
        hash = mixed(hash, event->read[0]);
    if (event->flags & EVENT_WRITES)
        hash = mixed(hash, event->mo);
    if (event->flags & EVENT_ODD)
        hash = mixed(hash, 1);
    if (event->rf)
        hash =
            mixed(hash, (uint64_t)event->rf->thread << 32 | (uint32_t)event->rf->index);
    return hash;
}

uint64_t parts_graph_hash(const struct graph *graph) {
    uint64_t hash = 1;
    for (size_t i = 0; i < graph->count; i++)
        hash = event_hash(hash + graph->sequence[i]->kind, graph->sequence[i]);
    return hash;
}

/* --- beginning and end -------------------------------------------------------------------- */

static void *taken(struct explorer *explorer, size_t bytes) {
    void *memory = calloc(1, bytes);
    if (!memory)
        longjmp(explorer->panic, 1);
    return memory;
}

/* The host has checked it: keys in hexadecimal, a point between each two. */
static void read_path(struct explorer *explorer, struct path *path, const char *text) {
    if (!text || !*text)
        return;
    path->key = taken(explorer, (strlen(text) / 2 + 1) * sizeof *path->key);
    for (char *at; *text; text = *at == '.' ? at + 1 : at)
        path->key[path->count++] = strtoull(text, &at, HEX);
}

void parts_begin(struct explorer *explorer) {
    const struct explore_options *options = explorer->options;
    if (!options->shared)
        return;
    explorer->parts = taken(explorer, sizeof *explorer->parts);
    read_path(explorer, &explorer->parts->after, options->after);
    read_path(explorer, &explorer->parts->until, options->until);
    explorer->follows = explorer->parts->after.count > 0;
}

void parts_end(struct explorer *explorer) {
    struct parts *parts = explorer->parts;
    if (!parts)
        return;
    free(parts->way);
    free(parts->after.key);
    free(parts->until.key);
    free(parts);
    explorer->parts = NULL;
}

int parts_are_over(const struct explorer *explorer) {
    return explorer->parts && explorer->parts->is_over;
}

static void lost(struct explorer *explorer) {
    if (explorer->stop)
        return;
    explorer->stop = explorer->result->stopped = explorer->result->lost = 1;
}

void parts_finish(struct explorer *explorer) {
    if (explorer->follows)
        lost(explorer);
}

/* --- giving ------------------------------------------------------------------------------- */

static double share_left(const struct explorer *explorer) {
    const struct parts *parts = explorer->parts;
    double left = explorer->left;
    for (uint32_t i = parts->matched; i < parts->depth; i++)
        left += parts->way[i].left;
    return left;
}

static void give_after(struct explorer *explorer, uint32_t count, double size) {
    const struct explore_callbacks *callbacks = &explorer->options->callbacks;
    struct parts *parts = explorer->parts;
    uint64_t *point = taken(explorer, count * sizeof *point);
    for (uint32_t i = 0; i < count; i++)
        point[i] = parts->way[i].key;
    struct explore_given given = {point, count, parts->until.key, parts->until.count,
                                  size};
    explorer->result->given++;
    explorer->given += size;
    callbacks->on_given(callbacks->self, &given);
    free(parts->until.key);
    parts->until = (struct path){point, count};
    parts->matched = count;
}

/*
 * All that comes after the way in the first visits that are left, as few of them as have half of what is left: the
 * subtrees there are the largest. Where none has so much yet, later: the next ways are smaller.
 */
static void give(struct explorer *explorer) {
    const struct explore_result *result = explorer->result;
    const struct parts *parts = explorer->parts;
    double left = share_left(explorer), size = 0;
    if (!(result->executions + result->blocked)) /* it may yet begin anew */
        return;
    for (uint32_t i = parts->matched; i < parts->depth && i < MOST_WAYS; i++) {
        size += parts->way[i].left;
        if (size > 0 && 2 * size >= left) {
            give_after(explorer, i + 1, size);
            return;
        }
    }
}

/* --- visits ------------------------------------------------------------------------------- */

/* On the way to where the part begins. */
static int is_on_the_way(struct explorer *explorer, uint64_t key) {
    struct parts *parts = explorer->parts;
    if (key != parts->after.key[parts->depth])
        return 0;
    if (parts->depth + 1 < parts->after.count)
        return 1;
    explorer->follows =
        0; /* here: what is below has been visited, or will be by others */
    return 0;
}

static void push(struct explorer *explorer, uint64_t key, double share) {
    struct parts *parts = explorer->parts;
    if (parts->depth == parts->capacity) {
        uint32_t capacity = parts->capacity ? 2 * parts->capacity : 64;
        struct way *way = realloc(parts->way, capacity * sizeof *way);
        if (!way)
            longjmp(explorer->panic, 1);
        parts->way = way;
        parts->capacity = capacity;
    }
    parts->way[parts->depth++] =
        (struct way){key, explorer->trail, explorer->left - share};
    explorer->left = share;
    explorer->trail = 0;
}

int parts_enter(struct explorer *explorer, const struct event *way, double share) {
    const volatile sig_atomic_t *asked = explorer->options->callbacks.hand_over;
    struct parts *parts = explorer->parts;
    if (explorer->stop)
        return 0;
    uint64_t key = event_hash(explorer->trail, way);
    if (explorer->follows && !is_on_the_way(explorer, key)) {
        explorer->skipped = explorer->done + share;
        return 0;
    }
    if (parts->matched == parts->depth && parts->depth < parts->until.count &&
        key == parts->until.key[parts->depth])
        parts->matched++;
    push(explorer, key, share);
    if (asked && (uint32_t)*asked > explorer->result->given && !explorer->follows)
        give(explorer);
    return 1;
}

void parts_leave(struct explorer *explorer) {
    struct parts *parts = explorer->parts;
    const struct way *way = &parts->way[--parts->depth];
    explorer->left = way->left;
    explorer->trail = way->trail;
    if (explorer->follows)
        lost(explorer);
    if (parts->matched <= parts->depth)
        return;
    parts->matched = parts->depth;
    if (parts->until.count > parts->depth + 1) {
        lost(explorer);
    } else if (!explorer->stop) {
        parts->is_over = explorer->stop = 1;
    }
}

uint64_t parts_trail(struct explorer *explorer, const struct event *write) {
    uint64_t before = explorer->trail;
    if (explorer->parts)
        explorer->trail = event_hash(before, write);
    return before;
}
