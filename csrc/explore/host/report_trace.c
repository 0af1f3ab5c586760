/* SPDX-License-Identifier: MIT */
/* report_trace: see report_trace.h. */
#include "host/report_trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "calls/scenario_calls.h"
#include "host/report_words.h"
#include "program/runtime.h"

enum { NAME_BYTES = 256, MOST_NOT_YET = 64 };

struct tracer {
    struct json *json;
    const struct names *names;
    const struct explore_view *view;
    const struct explore_failure *failure; /* NULL: an execution that did not fail */
    struct explore_step *steps;
    uint32_t *place; /* of each event, thread by thread: 1 + its step; 0: not shown */
    size_t *first;   /* of each thread in `place` */
    size_t count;
};

/* Where the event stands in the trace; -1: it does not. */
static int64_t step_of(const struct tracer *tracer, uint32_t thread, uint32_t index) {
    return (int64_t)tracer->place[tracer->first[thread] + index] - 1;
}

static void put_shown_value(const struct tracer *tracer, const char *key,
                            const uint64_t value[2], unsigned size) {
    char text[NAME_BYTES];
    char number[64];
    const char *name =
        size >= 8 ? names_pointer(tracer->names, value[0], text, sizeof text) : NULL;

    json_key(tracer->json, key);
    if (!name) {
        unsigned unused = size < 8 && size > 0 ? 64 - 8 * size : 0;
        if (size <= 2) /* a counter or a state, seldom less than nothing */
            snprintf(number, sizeof number, "%" PRIu64, value[0] << unused >> unused);
        else
            snprintf(number, sizeof number, "%" PRId64,
                     (int64_t)(value[0] << unused) >> unused);
        if (size == 16 && value[1])
            snprintf(number, sizeof number, "0x%" PRIx64 "%016" PRIx64, value[1],
                     value[0]);
        name = number;
    } else if (size == 16 && value[1]) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ", %" PRId64, (int64_t)value[1]);
    }
    json_text(tracer->json, name);
}

/* Where what is read stands in the order of the location: that of a whole block has its own. */
static uint32_t position_in(const struct tracer *tracer, uint32_t location,
                            uint32_t writes, const struct explore_event *read) {
    struct explore_event source;
    explore_view_event(tracer->view, (uint32_t)read->rf_thread, read->rf_index, &source);
    if (source.location == location && source.mo_position) /* a block has no location */
        return source.mo_position;
    for (uint32_t at = writes; at > 0; at--) {
        uint32_t thread;
        uint32_t index;
        explore_view_write(tracer->view, location, at, &thread, &index);
        if ((int32_t)thread == read->rf_thread && index == read->rf_index)
            return at;
    }
    return 0;
}

/*
 * Stores to the location that came after the one read and were already done at this step. Where many
 * in a row were not, nor are those behind them: the trace follows mo as far as it can.
 */
static void put_newer(const struct tracer *tracer, const struct explore_event *event,
                      size_t position) {
    uint32_t size;
    uint32_t writes;

    explore_view_location(tracer->view, event->location, &size, &writes);
    uint32_t after =
        event->rf_thread < 0 ? 0 : position_in(tracer, event->location, writes, event);
    json_key(tracer->json, "newer");
    json_open(tracer->json, '[');
    uint32_t not_yet = 0;
    for (uint32_t next = after + 1; next <= writes && not_yet < MOST_NOT_YET; next++) {
        uint32_t thread;
        uint32_t index;
        explore_view_write(tracer->view, event->location, next, &thread, &index);
        int64_t step = step_of(tracer, thread, index);
        if (step < 0 || (size_t)step >= position) {
            not_yet++;
        } else {
            not_yet = 0;
            json_integer(tracer->json, step);
        }
    }
    json_close(tracer->json, ']');
}

/* The step that wrote it; null: the initial value, or what is not shown. */
static void put_writer(const struct tracer *tracer, int32_t thread, uint32_t index) {
    int64_t step = thread < 0 ? -1 : step_of(tracer, (uint32_t)thread, index);

    step < 0 ? json_null(tracer->json) : json_integer(tracer->json, step);
}

static void put_read(const struct tracer *tracer, const struct explore_event *event,
                     size_t position) {
    put_shown_value(tracer, "old", event->value_read, event->size);
    json_key(tracer->json, "from");
    put_writer(tracer, event->rf_thread, event->rf_index);
    if (!event->writes)
        put_newer(tracer, event, position);
}

static void put_previous(const struct tracer *tracer, const struct explore_event *event,
                         size_t position) {
    struct explore_event before;
    uint32_t thread;
    uint32_t index;

    if (event->mo_position <= 1)
        return;
    explore_view_write(tracer->view, event->location, event->mo_position - 1, &thread,
                       &index);
    explore_view_event(tracer->view, thread, index, &before);
    int64_t step = step_of(tracer, thread, index);
    if (step > (int64_t)position) { /* told later, and yet the earlier store */
        json_key(tracer->json, "after");
        json_integer(tracer->json, step);
        return;
    }
    put_shown_value(tracer, "old", before.value_written, event->size);
}

static void put_atomic(const struct tracer *tracer, const struct explore_event *event,
                       size_t position) {
    struct json *json = tracer->json;

    if (event->atomic && !(event->action->flags & ACTION_HIDDEN)) {
        json_key(json, "order");
        json_text(json, report_words_order(event->order));
    }
    if (event->reads)
        put_read(tracer, event, position);
    else if (event->writes)
        put_previous(tracer, event, position);
    if (event->writes)
        put_shown_value(tracer, "new", event->value_written, event->size);
    if (event->action->kind == ACTION_CAS) {
        json_key(json, "succeeded");
        json_truth(json, event->writes);
    }
}

/*
 * What a plain access read or wrote, as far as the engine knows its bytes; false: it does not. Those
 * of a library's call on the own stack may not be there yet when the program is heard of next.
 */
static bool put_plain(const struct tracer *tracer, struct explore_step step,
                      const struct explore_event *event) {
    struct explore_plain plain;

    if ((!event->reads && !event->writes) || event->action->flags & ACTION_PRIVATE)
        return false;
    explore_view_plain(tracer->view, step.thread, step.index, &plain);
    bool is_shown = plain.rf_thread < 0 ||
                    step_of(tracer, (uint32_t)plain.rf_thread, plain.rf_index) >= 0;
    if (event->reads && plain.has_source && is_shown) {
        json_key(tracer->json, "source");
        put_writer(tracer, plain.rf_thread, plain.rf_index);
    }
    if (plain.has_value)
        put_shown_value(tracer, event->reads ? "old" : "new", plain.value, plain.length);
    return plain.has_value;
}

static void put_note(const struct tracer *tracer, const char *text) {
    json_key(tracer->json, "note"), json_text(tracer->json, text);
}

/* Of a scenario: the call's number, and on return what it returned. */
static void put_scenario_call(struct json *json, const struct action *action) {
    uint32_t count;

    json_key(json, "call");
    json_count(json, action->operand[0]);
    if (action->kind == ACTION_CALL)
        return;
    const int64_t *values = scenario_results(action->operand[1], &count);
    json_key(json, "results");
    json_open(json, '[');
    for (uint32_t i = 0; i < count; i++)
        json_integer(json, values[i]);
    json_close(json, ']');
}

/* Who, where and what: what a step that was taken and one that was not have in common. */
static void put_head(const struct tracer *tracer, uint32_t thread,
                     const struct explore_event *event) {
    const struct action *action = event->action;
    struct json *json = tracer->json;
    char text[NAME_BYTES];

    json_open(json, '{');
    json_key(json, "thread");
    json_count(json, thread);
    json_key(json, "site");
    json_count(json, action->site);
    report_words_callers(json, tracer->names->runtime->callers, action->callers);
    json_key(json, "op");
    json_text(json, report_words_step(event));
    if (action->address) {
        json_key(json, "at");
        json_text(json, names_shown(tracer->names, action->address, text, sizeof text));
    }
}

static void put_step(const struct tracer *tracer, size_t position) {
    struct explore_step step = tracer->steps[position];
    struct explore_event event;
    struct json *json = tracer->json;
    char text[NAME_BYTES];

    explore_view_event(tracer->view, step.thread, step.index, &event);
    const struct action *action = event.action;
    put_head(tracer, step.thread, &event);
    size_t bytes = event.size ? event.size : action->length;
    if (bytes && !(action->flags & ACTION_HIDDEN)) {
        json_key(json, "bytes");
        json_count(json, bytes);
    }
    bool is_told = event.size && (event.reads || event.writes);
    if (is_told)
        put_atomic(tracer, &event, position);
    else if (action->kind == ACTION_READ || action->kind == ACTION_WRITE)
        is_told = put_plain(tracer, step, &event);
    if (action->kind == ACTION_FENCE) {
        json_key(json, "order");
        json_text(json, report_words_order(action->order));
    }
    if (action->kind == ACTION_CALL || action->kind == ACTION_RETURN)
        put_scenario_call(json, action);
    bool is_join = action->kind == ACTION_JOIN && action->operand[0] != JOIN_NOBODY;
    if (is_join || action->kind == ACTION_SPAWN) {
        snprintf(text, sizeof text, "thread %u",
                 is_join ? (uint32_t)action->operand[0]
                         : explore_view_child(tracer->view, step.thread, step.index));
        put_note(tracer, text);
    }
    if (action->kind == ACTION_ALLOC ||
        (!is_told && (action->kind == ACTION_WRITE || action->kind == ACTION_READ))) {
        snprintf(text, sizeof text, "%zu bytes", action->length);
        put_note(tracer, text);
    }
    if (event.waiting)
        put_note(tracer, "waits");
    json_close(json, '}');
}

/* The function that the thread was started with. */
static const char *name_at_spawn(const struct tracer *tracer, uint32_t parent,
                                 uint32_t thread) {
    struct explore_event event;
    uintptr_t offset;

    for (uint32_t i = 0; i < explore_view_length(tracer->view, parent); i++) {
        explore_view_event(tracer->view, parent, i, &event);
        if (event.action->kind == ACTION_SPAWN &&
            explore_view_child(tracer->view, parent, i) == thread)
            return image_name(&tracer->names->runtime->image,
                              (uintptr_t)event.action->operand[0], &offset);
    }
    return NULL;
}

static const char *thread_name(const struct tracer *tracer, uint32_t thread) {
    const char *name = thread ? NULL : "main";

    for (uint32_t t = 0; t < explore_view_threads(tracer->view) && !name; t++)
        name = name_at_spawn(tracer, t, thread);
    return name ? name : "?";
}

/* Threads of a trace that was cut down have not come to what they do next; the failing ones have. */
static bool is_at_end(const struct tracer *tracer, uint32_t thread) {
    const struct explore_failure *failure = tracer->failure;

    if (!failure || failure->kind == FAILURE_DEADLOCK ||
        failure->kind == FAILURE_LIVELOCK)
        return true;
    for (uint32_t i = 0; i < failure->places && i < 3; i++)
        if (failure->place[i].thread == thread &&
            failure->place[i].index >= explore_view_length(tracer->view, thread))
            return true;
    return false;
}

/* What each thread was about to do when the run ended: where it hangs, or where it failed. */
static void put_pending(const struct tracer *tracer) {
    struct json *json = tracer->json;

    json_key(json, "pending");
    json_open(json, '[');
    for (uint32_t thread = 0; thread < explore_view_threads(tracer->view); thread++) {
        const struct action *action = explore_view_pending(tracer->view, thread);
        struct explore_event event = {.action = action};
        if (!action || action->kind == ACTION_FINISH || !is_at_end(tracer, thread))
            continue;
        put_head(tracer, thread, &event);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* A look at something that the program knows nothing of: whether a lock was destroyed. */
static bool is_silent(const struct tracer *tracer, struct explore_step step) {
    struct explore_event event;

    explore_view_event(tracer->view, step.thread, step.index, &event);
    return event.action->flags & ACTION_HIDDEN && event.action->message &&
           !*event.action->message;
}

static struct explore_trace take_steps(struct tracer *tracer) {
    uint32_t threads = explore_view_threads(tracer->view);
    size_t room = 1;

    tracer->first = calloc(threads, sizeof *tracer->first);
    if (!tracer->first)
        abort();
    for (uint32_t t = 0; t < threads; t++) {
        tracer->first[t] = room - 1;
        room += explore_view_length(tracer->view, t);
    }
    tracer->steps = calloc(room, sizeof *tracer->steps);
    tracer->place = calloc(room, sizeof *tracer->place);
    if (!tracer->steps || !tracer->place)
        abort();
    struct explore_trace trace =
        explore_view_trace(tracer->view, tracer->failure, tracer->steps, room);
    for (size_t i = 0; i < trace.count; i++)
        if (!is_silent(tracer, tracer->steps[i]))
            tracer->steps[tracer->count++] = tracer->steps[i];
    for (size_t i = 0; i < tracer->count; i++)
        tracer->place[tracer->first[tracer->steps[i].thread] + tracer->steps[i].index] =
            (uint32_t)i + 1;
    return trace;
}

static void put_threads(const struct tracer *tracer) {
    struct json *json = tracer->json;

    json_key(json, "threads");
    json_open(json, '[');
    for (uint32_t thread = 0; thread < explore_view_threads(tracer->view); thread++) {
        json_open(json, '{');
        json_key(json, "id");
        json_count(json, thread);
        json_key(json, "name");
        json_text(json, thread_name(tracer, thread));
        size_t depth = tracer->names->runtime->first_frame[thread > 0];
        if (depth)
            json_key(json, "frame"), json_count(json, depth);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void report_trace(struct json *json, struct names *names,
                  const struct explore_failure *failure,
                  const struct explore_view *view) {
    struct tracer tracer = {
        .json = json, .names = names, .view = view, .failure = failure};

    names_collect(names, view);
    struct explore_trace trace = take_steps(&tracer);
    json_open(json, '{');
    put_threads(&tracer);
    json_key(json, "switches");
    json_count(json, trace.switches);
    json_key(json, "at_least");
    json_count(json, trace.at_least);
    json_key(json, "steps");
    json_open(json, '[');
    for (size_t i = 0; i < tracer.count; i++)
        put_step(&tracer, i);
    json_close(json, ']');
    put_pending(&tracer);
    json_close(json, '}');
    free(tracer.steps);
    free(tracer.place);
    free(tracer.first);
}
