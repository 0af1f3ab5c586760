/* SPDX-License-Identifier: MIT */
#include "host/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "calls/scenario_calls.h"
#include "host/shortest.h"

enum { MAX_CALLS = 256, WORDS = MAX_CALLS / 64, NO_RESULT = -1 };

struct place {
    uint32_t thread, index;
};

/* One execution's calls, read off its graph. */
struct seen {
    uint32_t calls;            /* highest number, plus 1 */
    int32_t result[MAX_CALLS]; /* number of its results; NO_RESULT: never returned */
    struct place begin[MAX_CALLS], end[MAX_CALLS];
};

struct outcome {
    uint64_t hash;
    uint64_t count;
    uint32_t calls;
    int32_t *result; /* calls of them */
    uint64_t
        *before;     /* calls * WORDS: bit b of row a: a precedes b; NULL without order */
    char *schedule;  /* of the first or the shortest execution that gave it */
    uint64_t length; /* of that one, if the shortest is wanted */
};

static void *taken(size_t bytes) {
    void *block = calloc(1, bytes + 1);
    if (!block)
        abort();
    return block;
}

static void read_event(struct seen *seen, const struct explore_event *event) {
    const struct action *action = event->action;
    struct place place = {event->thread, event->index};

    if ((action->kind != ACTION_CALL && action->kind != ACTION_RETURN) ||
        action->operand[0] >= MAX_CALLS)
        return;
    uint32_t call = (uint32_t)action->operand[0];
    if (action->kind == ACTION_CALL) {
        seen->begin[call] = place;
        seen->result[call] = NO_RESULT;
        if (call >= seen->calls)
            seen->calls = call + 1;
    } else {
        seen->end[call] = place;
        seen->result[call] = (int32_t)action->operand[1];
    }
}

static void read_execution(struct seen *seen, const struct explore_view *view) {
    struct explore_event event;

    seen->calls = 0;
    for (uint32_t thread = 0; thread < explore_view_threads(view); thread++)
        for (uint32_t i = 0; i < explore_view_length(view, thread); i++) {
            explore_view_event(view, thread, i, &event);
            if (event.action)
                read_event(seen, &event);
        }
}

static void read_order(const struct seen *seen, const struct explore_view *view,
                       uint64_t *before) {
    memset(before, 0, seen->calls * WORDS * sizeof *before);
    for (uint32_t a = 0; a < seen->calls; a++) {
        if (seen->result[a] == NO_RESULT)
            continue;
        for (uint32_t b = 0; b < seen->calls; b++)
            if (seen->end[a].thread != seen->begin[b].thread &&
                explore_view_happens_before(view, seen->end[a].thread, seen->end[a].index,
                                            seen->begin[b].thread, seen->begin[b].index))
                before[a * WORDS + b / 64] |= (uint64_t)1 << b % 64;
    }
}

/* FNV-1a, 64 bits: any spread will do, entries are compared whole. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3u;
    return hash;
}

static uint32_t *bucket_of(struct outcomes *outcomes, uint64_t hash,
                           const struct seen *seen, const uint64_t *before) {
    size_t at = (size_t)hash & (outcomes->bucket_count - 1);
    for (; outcomes->buckets[at]; at = (at + 1) & (outcomes->bucket_count - 1)) {
        const struct outcome *entry = &outcomes->entries[outcomes->buckets[at] - 1];
        if (!seen || entry->hash != hash || entry->calls != seen->calls)
            continue;
        bool same_results =
            memcmp(entry->result, seen->result, seen->calls * sizeof *seen->result) == 0;
        bool same_order =
            !entry->before ||
            memcmp(entry->before, before, seen->calls * WORDS * sizeof *before) == 0;
        if (same_results && same_order)
            break;
    }
    return &outcomes->buckets[at];
}

static void make_room(struct outcomes *outcomes) {
    if (outcomes->count < outcomes->room)
        return;
    outcomes->room = outcomes->room ? 2 * outcomes->room : 64;
    outcomes->entries =
        realloc(outcomes->entries, outcomes->room * sizeof *outcomes->entries);
    if (!outcomes->entries)
        abort();
    free(outcomes->buckets);
    outcomes->bucket_count = 4 * outcomes->room;
    outcomes->buckets = taken(outcomes->bucket_count * sizeof *outcomes->buckets);
    for (size_t i = 0; i < outcomes->count; i++)
        *bucket_of(outcomes, outcomes->entries[i].hash, NULL, NULL) = (uint32_t)i + 1;
}

static char *schedule_of(const struct explore_view *view) {
    size_t length = explore_schedule(view, NULL, 0);
    char *text = taken(length + 1);
    explore_schedule(view, text, length + 1);
    return text;
}

static void keep_shortest(struct outcome *entry, const struct explore_view *view) {
    uint64_t length = shortest_length(view, NULL);
    if (entry->length && entry->length <= length)
        return;
    entry->length = length;
    free(entry->schedule);
    entry->schedule = schedule_of(view);
}

void outcomes_forget(struct outcomes *outcomes) {
    for (size_t i = 0; i < outcomes->count; i++) {
        free(outcomes->entries[i].result);
        free(outcomes->entries[i].before);
        free(outcomes->entries[i].schedule);
    }
    outcomes->count = 0;
    if (outcomes->buckets)
        memset(outcomes->buckets, 0, outcomes->bucket_count * sizeof *outcomes->buckets);
}

void outcomes_add(struct outcomes *outcomes, const struct explore_view *view) {
    static struct seen seen;
    static uint64_t before[MAX_CALLS * WORDS];
    uint64_t hash = 0xcbf29ce484222325u;

    read_execution(&seen, view);
    hash = hash_bytes(hash, seen.result, seen.calls * sizeof *seen.result);
    if (outcomes->with_order) {
        read_order(&seen, view, before);
        hash = hash_bytes(hash, before, seen.calls * WORDS * sizeof *before);
    }
    make_room(outcomes);
    uint32_t *bucket = bucket_of(outcomes, hash, &seen, before);
    if (!*bucket) {
        struct outcome *made = &outcomes->entries[outcomes->count++];
        *made = (struct outcome){.hash = hash, .calls = seen.calls};
        made->result = taken(seen.calls * sizeof *made->result);
        memcpy(made->result, seen.result, seen.calls * sizeof *made->result);
        if (outcomes->with_order) {
            made->before = taken(seen.calls * WORDS * sizeof *made->before);
            memcpy(made->before, before, seen.calls * WORDS * sizeof *made->before);
        }
        made->schedule = schedule_of(view);
        *bucket = (uint32_t)outcomes->count;
    }
    struct outcome *entry = &outcomes->entries[*bucket - 1];
    entry->count++;
    if (outcomes->shortest)
        keep_shortest(entry, view);
}

static void report_results(const struct outcome *outcome, struct json *json) {
    json_open(json, '[');
    for (uint32_t call = 0; call < outcome->calls; call++) {
        uint32_t count = 0;
        const int64_t *values = NULL;
        if (outcome->result[call] == NO_RESULT) {
            json_null(json);
            continue;
        }
        values = scenario_results((uint64_t)outcome->result[call], &count);
        json_open(json, '[');
        for (uint32_t i = 0; i < count; i++)
            json_integer(json, values[i]);
        json_close(json, ']');
    }
    json_close(json, ']');
}

static void report_order(const struct outcome *outcome, struct json *json) {
    json_open(json, '[');
    for (uint32_t b = 0; b < outcome->calls; b++) {
        json_open(json, '[');
        for (uint32_t a = 0; a < outcome->calls; a++)
            if (outcome->before[a * WORDS + b / 64] >> b % 64 & 1)
                json_count(json, a);
        json_close(json, ']');
    }
    json_close(json, ']');
}

void outcomes_report(const struct outcomes *outcomes, struct json *json) {
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct outcome *outcome = &outcomes->entries[i];
        json_open(json, '{');
        json_key(json, "type");
        json_text(json, "outcome");
        json_key(json, "count");
        json_count(json, outcome->count);
        json_key(json, "results");
        report_results(outcome, json);
        if (outcome->before) {
            json_key(json, "before");
            report_order(outcome, json);
        }
        json_key(json, "schedule");
        json_text(json, outcome->schedule);
        json_close(json, '}');
        json_line(json);
    }
}

void outcomes_end(struct outcomes *outcomes) {
    outcomes_forget(outcomes);
    free(outcomes->entries);
    free(outcomes->buckets);
    *outcomes = (struct outcomes){0};
}
