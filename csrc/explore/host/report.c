/* SPDX-License-Identifier: MIT */
/* report: see report.h. Failures, and executions that did not fail. */
#include "host/report.h"

#include <stdlib.h>

#include "action.h"
#include "failure.h"
#include "host/report_trace.h"
#include "host/report_words.h"
#include "program/runtime.h"

enum { NAME_BYTES = 256 };

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
    report_words_callers(json, names->runtime->callers, place->callers);
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
    report_trace(json, names, NULL, view);
    json_close(json, '}');
    json_line(json);
}

void report_failure(struct json *json, const char *type, struct names *names,
                    const struct explore_failure *failure,
                    const struct explore_view *view) {
    names_collect(names, view);
    json_open(json, '{');
    json_key(json, "type");
    json_text(json, type);
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
    report_trace(json, names, failure, view);
    json_key(json, "output");
    json_bytes(json, names->runtime->printed.bytes, names->runtime->printed.used);
    json_close(json, '}');
    json_line(json);
}
