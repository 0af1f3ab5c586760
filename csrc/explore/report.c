/* SPDX-License-Identifier: MIT */
/* report: see report.h. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "failure.h"
#include "scenario_calls.h"

enum { NAME_BYTES = 256 };

static const char *order_word(const struct explore_event *event) {
    static const char *const words[] = {"rlx", "acq", "acq", "rel", "ar", "sc"};
    return event->atomic ? words[event->order % 6] : "na";
}

static const char *kind_letter(const struct explore_event *event) {
    switch (event->action->kind) {
    case ACTION_FENCE:
        return "F";
    case ACTION_SPAWN:
        return "S";
    case ACTION_JOIN:
        return "J";
    case ACTION_ALLOC:
        return "A";
    case ACTION_FREE:
        return "D";
    case ACTION_CHOOSE:
        return "C";
    case ACTION_EXIT:
        return "X";
    default:
        break;
    }
    if (event->reads && event->writes)
        return "U";
    return event->reads ? "R" : event->writes ? "W" : "N";
}

static void put_address(struct json *json, const struct names *names, uintptr_t address) {
    char text[NAME_BYTES];

    json_key(json, "at");
    json_text(json, names_location(names, address, text, sizeof text));
}

static void put_values(struct json *json, const struct explore_event *event) {
    if (event->reads) {
        json_key(json, "r");
        json_value(json, event->value_read, event->size);
    }
    if (event->writes) {
        json_key(json, "w");
        json_value(json, event->value_written, event->size);
    }
}

static void put_source(struct json *json, const struct explore_event *event) {
    json_key(json, "rf");
    if (event->rf_thread < 0) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    json_integer(json, event->rf_thread);
    json_integer(json, event->rf_index);
    json_close(json, ']');
}

static void put_event(struct json *json, const struct names *names,
                      const struct explore_view *view, uint32_t thread, uint32_t index) {
    struct explore_event event;
    const char *letter;

    explore_view_event(view, thread, index, &event);
    if (event.action->kind == ACTION_FINISH) /* always the last: no index moves */
        return;
    letter = kind_letter(&event);
    json_open(json, '{');
    json_key(json, "k");
    json_text(json, letter);
    json_key(json, "o");
    json_text(json, *letter == 'F' ? (event.atomic = 1, order_word(&event))
                                   : order_word(&event));
    if (event.action->address)
        put_address(json, names, event.action->address);
    if (event.size && (event.reads || event.writes))
        put_values(json, &event);
    if (event.size && event.reads)
        put_source(json, &event);
    if (event.waiting) {
        json_key(json, "waiting");
        json_truth(json, true);
    }
    if (event.action->kind == ACTION_SPAWN) {
        json_key(json, "to");
        json_count(json, explore_view_child(view, thread, index));
    }
    if (event.action->kind == ACTION_JOIN) {
        json_key(json, "of");
        json_count(json, event.action->operand[0]);
    }
    json_key(json, "site");
    json_count(json, event.action->site);
    json_close(json, '}');
}

static void put_order(struct json *json, const struct explore_view *view,
                      uint32_t location, uint32_t writes) {
    json_open(json, '[');
    for (uint32_t position = 1; position <= writes; position++) {
        uint32_t thread;
        uint32_t index;
        explore_view_write(view, location, position, &thread, &index);
        json_open(json, '[');
        json_count(json, thread);
        json_count(json, index);
        json_close(json, ']');
    }
    json_close(json, ']');
}

void report_graph(struct json *json, struct names *names,
                  const struct explore_view *view) {
    char text[NAME_BYTES];

    names_collect(names, view);
    json_open(json, '{');
    json_key(json, "threads");
    json_open(json, '[');
    for (uint32_t thread = 0; thread < explore_view_threads(view); thread++) {
        json_open(json, '[');
        for (uint32_t index = 0; index < explore_view_length(view, thread); index++)
            put_event(json, names, view, thread, index);
        json_close(json, ']');
    }
    json_close(json, ']');
    json_key(json, "mo");
    json_open(json, '{');
    for (uint32_t location = 0; location < explore_view_locations(view); location++) {
        uint32_t size;
        uint32_t writes;
        uintptr_t address = explore_view_location(view, location, &size, &writes);
        json_key(json, names_location(names, address, text, sizeof text));
        put_order(json, view, location, writes);
    }
    json_close(json, '}');
    json_key(json, "hash");
    snprintf(text, sizeof text, "%016" PRIx64, explore_view_hash(view));
    json_text(json, text);
    json_close(json, '}');
}

/* --- traces ------------------------------------------------------------------------------- */

static const char *step_word(const struct explore_event *event) {
    const struct action *action = event->action;

    if (action->flags & ACTION_HIDDEN)
        return action->message ? action->message : "wait";
    switch (action->kind) {
    case ACTION_LOAD:
        return "load";
    case ACTION_STORE:
        return "store";
    case ACTION_RMW:
        return "rmw";
    case ACTION_CAS:
        return "cas";
    case ACTION_FENCE:
        return "fence";
    case ACTION_READ:
        return "read";
    case ACTION_WRITE:
        return "write";
    case ACTION_ALLOC:
        return "alloc";
    case ACTION_FREE:
        return "free";
    case ACTION_SPAWN:
        return "spawn";
    case ACTION_JOIN:
        return "join";
    case ACTION_FINISH:
        return "end";
    case ACTION_YIELD:
        return "yield";
    case ACTION_CALL:
        return "call";
    case ACTION_RETURN:
        return "return";
    case ACTION_EXIT:
        return "exit";
    case ACTION_FAIL:
        return "fail";
    case ACTION_CHOOSE:
        return "choose";
    default:
        return "wait";
    }
}

static const char *order_name(unsigned order) {
    static const char *const words[] = {"relaxed", "consume", "acquire",
                                        "release", "acq_rel", "seq_cst"};
    return words[order % 6];
}

struct tracer {
    struct json *json;
    const struct names *names;
    const struct explore_view *view;
    struct explore_step *steps;
    size_t count;
};

static int64_t step_of(const struct tracer *tracer, uint32_t thread, uint32_t index) {
    for (size_t i = 0; i < tracer->count; i++)
        if (tracer->steps[i].thread == thread && tracer->steps[i].index == index)
            return (int64_t)i;
    return -1;
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

/* Stores to the location that came after the one read and were already done at this step. */
static void put_newer(const struct tracer *tracer, const struct explore_event *event,
                      size_t position) {
    uint32_t size;
    uint32_t writes;
    uint32_t after = 0;
    struct explore_event source;

    explore_view_location(tracer->view, event->location, &size, &writes);
    if (event->rf_thread >= 0) {
        explore_view_event(tracer->view, (uint32_t)event->rf_thread, event->rf_index,
                           &source);
        after = source.mo_position;
    }
    json_key(tracer->json, "newer");
    json_open(tracer->json, '[');
    for (uint32_t next = after + 1; next <= writes; next++) {
        uint32_t thread;
        uint32_t index;
        explore_view_write(tracer->view, event->location, next, &thread, &index);
        int64_t step = step_of(tracer, thread, index);
        bool is_source = (int32_t)thread == event->rf_thread && index == event->rf_index;
        if (step >= 0 && (size_t)step < position && !is_source)
            json_integer(tracer->json, step);
    }
    json_close(tracer->json, ']');
}

static void put_read(const struct tracer *tracer, const struct explore_event *event,
                     size_t position) {
    put_shown_value(tracer, "old", event->value_read, event->size);
    json_key(tracer->json, "from");
    int64_t from = event->rf_thread < 0
                       ? -1
                       : step_of(tracer, (uint32_t)event->rf_thread, event->rf_index);
    if (from < 0)
        json_null(tracer->json);
    else
        json_integer(tracer->json, from);
    if (!event->writes)
        put_newer(tracer, event, position);
}

static void put_previous(const struct tracer *tracer, const struct explore_event *event) {
    struct explore_event before;
    uint32_t thread;
    uint32_t index;

    if (event->mo_position <= 1)
        return;
    explore_view_write(tracer->view, event->location, event->mo_position - 1, &thread,
                       &index);
    explore_view_event(tracer->view, thread, index, &before);
    put_shown_value(tracer, "old", before.value_written, event->size);
}

static void put_atomic(const struct tracer *tracer, const struct explore_event *event,
                       size_t position) {
    struct json *json = tracer->json;

    if (event->atomic && !(event->action->flags & ACTION_HIDDEN)) {
        json_key(json, "order");
        json_text(json, order_name(event->order));
    }
    if (event->reads)
        put_read(tracer, event, position);
    else if (event->writes)
        put_previous(tracer, event);
    if (event->writes)
        put_shown_value(tracer, "new", event->value_written, event->size);
    if (event->action->kind == ACTION_CAS) {
        json_key(json, "succeeded");
        json_truth(json, event->writes);
    }
}

static void put_note(const struct tracer *tracer, const char *text) {
    json_key(tracer->json, "note");
    json_text(tracer->json, text);
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

static void put_step(const struct tracer *tracer, size_t position) {
    struct explore_step step = tracer->steps[position];
    struct explore_event event;
    struct json *json = tracer->json;
    char text[NAME_BYTES];

    explore_view_event(tracer->view, step.thread, step.index, &event);
    const struct action *action = event.action;
    json_open(json, '{');
    json_key(json, "thread");
    json_count(json, step.thread);
    json_key(json, "site");
    json_count(json, action->site);
    json_key(json, "op");
    json_text(json, step_word(&event));
    if (action->address) {
        uintptr_t shown = runtime_unhidden(action->address);
        json_key(json, "at");
        json_text(json, names_location(tracer->names, shown, text, sizeof text));
    }
    if (event.size && (event.reads || event.writes))
        put_atomic(tracer, &event, position);
    if (action->kind == ACTION_FENCE) {
        json_key(json, "order");
        json_text(json, order_name(action->order));
    }
    if (action->kind == ACTION_CALL || action->kind == ACTION_RETURN)
        put_scenario_call(json, action);
    if (action->kind == ACTION_SPAWN) {
        snprintf(text, sizeof text, "thread %u",
                 explore_view_child(tracer->view, step.thread, step.index));
        put_note(tracer, text);
    }
    if (action->kind == ACTION_JOIN) {
        snprintf(text, sizeof text, "thread %u", (unsigned)action->operand[0]);
        put_note(tracer, text);
    }
    if (action->kind == ACTION_ALLOC ||
        (!event.size && (action->kind == ACTION_WRITE || action->kind == ACTION_READ))) {
        snprintf(text, sizeof text, "%zu bytes", action->length);
        put_note(tracer, text);
    }
    if (event.waiting)
        put_note(tracer, "waits");
    json_close(json, '}');
}

static const char *thread_name(const struct tracer *tracer, uint32_t thread) {
    uintptr_t offset;

    if (thread == 0)
        return "main";
    for (size_t i = 0; i < tracer->count; i++) {
        struct explore_event event;
        explore_view_event(tracer->view, tracer->steps[i].thread, tracer->steps[i].index,
                           &event);
        if (event.action->kind == ACTION_SPAWN &&
            explore_view_child(tracer->view, tracer->steps[i].thread,
                               tracer->steps[i].index) == thread) {
            const char *name = image_name(&tracer->names->runtime->image,
                                          (uintptr_t)event.action->operand[0], &offset);
            return name ? name : "?";
        }
    }
    return "?";
}

/* What each thread was about to do when the run ended: where it hangs, or where it failed. */
static void put_pending(const struct tracer *tracer) {
    struct json *json = tracer->json;
    char text[NAME_BYTES];

    json_key(json, "pending");
    json_open(json, '[');
    for (uint32_t thread = 0; thread < explore_view_threads(tracer->view); thread++) {
        const struct action *action = explore_view_pending(tracer->view, thread);
        struct explore_event event = {.action = action};
        if (!action || action->kind == ACTION_FINISH)
            continue;
        json_open(json, '{');
        json_key(json, "thread");
        json_count(json, thread);
        json_key(json, "site");
        json_count(json, action->site);
        json_key(json, "op");
        json_text(json, step_word(&event));
        if (action->address) {
            json_key(json, "at");
            json_text(json,
                      names_location(tracer->names, runtime_unhidden(action->address),
                                     text, sizeof text));
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

void report_trace(struct json *json, struct names *names,
                  const struct explore_view *view) {
    struct tracer tracer = {.json = json, .names = names, .view = view};

    names_collect(names, view);
    tracer.count = explore_view_trace(view, NULL, 0);
    tracer.steps = calloc(tracer.count + 1, sizeof *tracer.steps);
    if (!tracer.steps)
        abort();
    explore_view_trace(view, tracer.steps, tracer.count);
    json_open(json, '{');
    json_key(json, "threads");
    json_open(json, '[');
    for (uint32_t thread = 0; thread < explore_view_threads(view); thread++) {
        json_open(json, '{');
        json_key(json, "id");
        json_count(json, thread);
        json_key(json, "name");
        json_text(json, thread_name(&tracer, thread));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, "steps");
    json_open(json, '[');
    for (size_t i = 0; i < tracer.count; i++)
        put_step(&tracer, i);
    json_close(json, ']');
    put_pending(&tracer);
    json_close(json, '}');
    free(tracer.steps);
}

static const char *access_word(const struct explore_place *place) {
    switch (place->kind) {
    case ACTION_READ:
        return "read";
    case ACTION_WRITE:
        return "write";
    case ACTION_LOAD:
        return "atomic load";
    case ACTION_STORE:
        return "atomic store";
    case ACTION_RMW:
    case ACTION_CAS:
        return "atomic update";
    case ACTION_ALLOC:
        return "allocated";
    case ACTION_FREE:
        return "freed";
    default:
        return NULL;
    }
}

static void put_place(struct json *json, const struct names *names,
                      const struct explore_place *place) {
    char text[NAME_BYTES];
    const char *word = access_word(place);

    json_open(json, '{');
    json_key(json, "thread");
    json_count(json, place->thread);
    json_key(json, "site");
    json_count(json, place->site);
    if (word) {
        json_key(json, "access");
        json_text(json, word);
    }
    if (place->address) {
        json_key(json, "at");
        json_text(json, names_location(names, runtime_unhidden(place->address), text,
                                       sizeof text));
        json_key(json, "bytes");
        json_count(json, place->length);
    }
    json_close(json, '}');
}

static void put_schedule(struct json *json, const struct explore_view *view) {
    size_t length = explore_schedule(view, NULL, 0);
    char *text = malloc(length + 1);

    if (!text)
        abort();
    explore_schedule(view, text, length + 1);
    json_key(json, "schedule");
    json_text(json, text);
    free(text);
}

void report_run(struct json *json, struct names *names, const struct explore_view *view) {
    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "trace");
    put_schedule(json, view);
    json_key(json, "trace");
    report_trace(json, names, view);
    json_close(json, '}');
    json_line(json);
}

void report_failure(struct json *json, struct names *names,
                    const struct explore_failure *failure,
                    const struct explore_view *view) {
    names_collect(names, view);
    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "failure");
    json_key(json, "kind");
    json_text(json, failure_word(failure->kind));
    json_key(json, "message");
    json_text(json, failure->message ? failure->message : failure_word(failure->kind));
    json_key(json, "where");
    json_open(json, '[');
    for (uint32_t i = 0; i < failure->places && i < 3; i++)
        put_place(json, names, &failure->place[i]);
    json_close(json, ']');
    put_schedule(json, view);
    json_key(json, "trace");
    report_trace(json, names, view);
    json_key(json, "output");
    json_bytes(json, names->runtime->output.bytes, names->runtime->output.used);
    json_close(json, '}');
    json_line(json);
}
