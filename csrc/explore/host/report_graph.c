/* SPDX-License-Identifier: MIT */
/* report_graph: execution graphs as JSON; their form is told in report.h. */
#include "host/report_graph.h"

#include <inttypes.h>

#include "action.h"

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

/* A number, and under the key for names what it points to, if it does. */
static void put_value(struct json *json, const struct names *names, bool is_read,
                      const uint64_t value[2], uint32_t size) {
    char text[NAME_BYTES];
    const char *name =
        size == 8 ? names_pointer(names, value[0], text, sizeof text) : NULL;

    json_key(json, is_read ? "r" : "w");
    json_value(json, value, size);
    if (!name)
        return;
    json_key(json, is_read ? "r_name" : "w_name");
    json_text(json, name);
}

static void put_values(struct json *json, const struct names *names,
                       const struct explore_event *event) {
    if (event->reads)
        put_value(json, names, true, event->value_read, event->size);
    if (event->writes)
        put_value(json, names, false, event->value_written, event->size);
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

/* Plain accesses that are not taken as atomic ones, as far as the engine knows their bytes. */
static void put_plain(struct json *json, const struct names *names,
                      const struct explore_view *view, uint32_t thread, uint32_t index,
                      bool reads) {
    struct explore_plain plain;

    explore_view_plain(view, thread, index, &plain);
    if (plain.has_value)
        put_value(json, names, reads, plain.value, plain.length);
    if (!reads || !plain.has_source)
        return;
    json_key(json, "rf");
    if (plain.rf_thread < 0) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    json_integer(json, plain.rf_thread);
    json_count(json, plain.rf_index);
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
        put_values(json, names, &event);
    if (event.size && event.reads)
        put_source(json, &event);
    if (!event.size && (event.reads || event.writes))
        put_plain(json, names, view, thread, index, event.reads);
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
