/* SPDX-License-Identifier: MIT */
/* log: see log.h. */
#include "graph/log.h"

#ifdef EXPLORE_LOG
#include <stdio.h>

static const char *kind_word(const struct event *event) {
    static const char *const words[] = {
        [ACTION_LOAD] = "load",     [ACTION_STORE] = "store", [ACTION_RMW] = "rmw",
        [ACTION_CAS] = "cas",       [ACTION_FENCE] = "fence", [ACTION_READ] = "read",
        [ACTION_WRITE] = "write",   [ACTION_ALLOC] = "alloc", [ACTION_FREE] = "free",
        [ACTION_SPAWN] = "spawn",   [ACTION_JOIN] = "join",   [ACTION_FINISH] = "finish",
        [ACTION_AWAIT] = "await",   [ACTION_YIELD] = "yield", [ACTION_CALL] = "call",
        [ACTION_RETURN] = "return", [ACTION_EXIT] = "exit",   [ACTION_FAIL] = "fail",
        [ACTION_CHOOSE] = "choose", [ACTION_ROUND] = "round", [ACTION_CUT] = "cut",
    };
    return event->kind < sizeof words / sizeof *words ? words[event->kind] : "?";
}

static void begin(const struct graph *graph, char sign) {
    fprintf(stderr, "%*s%c ", (int)(graph->count % 100), "", sign);
}

void log_event(const struct graph *graph, char sign, const struct event *event) {
    begin(graph, sign);
    fprintf(stderr, "%u.%d %s", event->thread, (int)event->index, kind_word(event));
    if (event->location)
        fprintf(stderr, " L%u", event->location->number);
    if (event->flags & EVENT_READS)
        fprintf(stderr, " = %llu from ", (unsigned long long)event->read[0]);
    if (event->flags & EVENT_READS && event->rf->index < 0)
        fputs("before", stderr);
    else if (event->flags & EVENT_READS)
        fprintf(stderr, "%u.%d", event->rf->thread, (int)event->rf->index);
    if (event->flags & EVENT_WRITES)
        fprintf(stderr, " := %llu at %u", (unsigned long long)event->written[0],
                event->mo);
    if (event->flags & EVENT_WAITING)
        fputs(" waits", stderr);
    fputc('\n', stderr);
}

void log_text(const struct graph *graph, char sign, const char *text) {
    begin(graph, sign);
    fprintf(stderr, "%s\n", text);
}
#endif
