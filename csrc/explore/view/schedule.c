/* SPDX-License-Identifier: MIT */
/*
 * schedule: an execution as text, and back.
 *
 * Form      "v1:" and then steps separated by blanks: a thread's number, "*n" for n steps of it that
 *           all choose the ordinary way, or ".k" for one step that chooses way k: a read takes the
 *           store k before the latest one that is there, a write goes k places before the end of the
 *           modification order, CHOOSE takes way k, a weak compare-exchange that fails for no reason
 *           has "w" after its way. "v1:0*3 1*4 2.1 2*3" is a whole schedule. Before the steps come the
 *           objects that the execution accesses in several sizes: "v1:@404010+8 0*3".
 */
#include "view/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/widths.h"
#include "view/linear.h"

struct text {
    char *bytes;
    size_t room, length;
};

static void text_add(struct text *text, const char *word) {
    size_t length = strlen(word);
    if (text->length < text->room) {
        size_t left = text->room - text->length;
        memcpy(text->bytes + text->length, word, length < left ? length : left);
    }
    text->length += length;
}

/* Writes that are mo-after `position` and earlier in the order than `event`. */
static uint32_t later_writes(const struct location *location, uint32_t position,
                             const struct event *event) {
    uint32_t count = 0;
    for (size_t mo = location->mo_count; --mo > position;) {
        const struct event *write = location->mo[mo];
        if (write == event)
            continue;
        if (write->flags & EVENT_BASE)
            write = write->rf;
        if (write->visited < event->visited)
            count++;
    }
    return count;
}

static uint32_t way_of(const struct event *event) {
    if (event->kind == ACTION_CHOOSE)
        return (uint32_t)event->read[0];
    if (!(event->flags & EVENT_ATOMIC))
        return 0;
    if (event->flags & EVENT_READS)
        return later_writes(event->location, event->rf->mo, event);
    return later_writes(event->location, event->mo, event);
}

static int fails_for_no_reason(const struct event *event) {
    return event->kind == ACTION_CAS && (event->flags & EVENT_ODD) &&
           !(event->flags & EVENT_WRITES);
}

static void write_widths(struct text *text, const struct graph *graph) {
    char word[48];
    for (size_t i = 0; i < graph->location_count && graph->mixed; i++) {
        const struct location *location = graph->locations[i];
        if (!location->mixed)
            continue;
        snprintf(word, sizeof word, "@%" PRIxPTR "+%u ", location->address,
                 location->size);
        text_add(text, word);
    }
}

static void write_told(struct text *text, const struct explore_widths *widths) {
    char word[48];
    for (size_t i = 0; i < widths->count; i++) {
        if (widths->width[i].size != WIDTHS_TOLD)
            continue;
        snprintf(word, sizeof word, "@%" PRIxPTR "+%u ", widths->width[i].address,
                 WIDTHS_TOLD);
        text_add(text, word);
    }
}

static void write_steps(struct text *text, struct event **order, size_t count) {
    char word[48];
    for (size_t i = 0; i < count;) {
        size_t run = 0;
        while (i + run < count && order[i + run]->thread == order[i]->thread &&
               !way_of(order[i + run]) && !fails_for_no_reason(order[i + run]))
            run++;
        if (run > 1)
            snprintf(word, sizeof word, "%s%u*%zu", i ? " " : "", order[i]->thread, run);
        else if (run)
            snprintf(word, sizeof word, "%s%u", i ? " " : "", order[i]->thread);
        else
            snprintf(word, sizeof word, "%s%u.%u%s", i ? " " : "", order[i]->thread,
                     way_of(order[i]), fails_for_no_reason(order[i]) ? "w" : "");
        text_add(text, word);
        i += run ? run : 1;
    }
}

size_t explore_schedule(const struct explore_view *view, char *bytes, size_t room) {
    struct explorer *explorer = view->explorer;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    struct linear linear =
        linear_order(&explorer->graph, linear_all(&explorer->graph, &explorer->scratch),
                     LINEAR_GREEDY, &explorer->scratch);
    struct event **order = linear.order;
    size_t count = 0; /* threads that still wait have not made their step */
    for (size_t i = 0; i < linear.count; i++)
        if (!(order[i]->flags & EVENT_WAITING))
            order[count++] = order[i];
    struct text text = {bytes, room, 0};
    text_add(&text, "v1:");
    write_widths(&text, &explorer->graph);
    write_told(&text, explorer->widths);
    write_steps(&text, order, count);
    if (room)
        bytes[text.length < room ? text.length : room - 1] = 0;
    arena_release(&explorer->scratch, mark);
    return text.length;
}

/* --- reading ------------------------------------------------------------------------------ */

const char *schedule_widths(const char *text) {
    return strncmp(text, "v1:", 3) ? text : text + 3;
}

int schedule_next(struct schedule_reader *reader, struct schedule_step *step) {
    if (reader->repeat) {
        reader->repeat--;
        *step = reader->step;
        return 1;
    }
    const char *at = schedule_widths(reader->text);
    while (*at == ' ' || *at == '@')
        at += *at == '@' ? strcspn(at, " ") : 1;
    if (*at < '0' || *at > '9')
        return 0;
    char *end;
    reader->step = (struct schedule_step){(uint32_t)strtoul(at, &end, 10), 0, 0};
    if (*end == '*') {
        unsigned long times = strtoul(end + 1, &end, 10);
        reader->repeat = times ? times - 1 : 0;
    } else if (*end == '.') {
        reader->step.way = (uint32_t)strtoul(end + 1, &end, 10);
        if (*end == 'w') {
            reader->step.spurious = 1;
            end++;
        }
    }
    reader->text = end;
    *step = reader->step;
    return 1;
}
