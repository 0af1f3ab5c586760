/* SPDX-License-Identifier: MIT */
/* failed: see failed.h. */
#include "execution/failed.h"
#include "graph/node.h"

#include <string.h>

#include "failure.h"
#include "graph/log.h"

static struct explore_place place_of(const struct event *event) {
    const struct action *action = event->node ? &event->node->action : NULL;
    struct explore_place place = {0};
    place.thread = event->thread;
    place.index = (uint32_t)(event->index < 0 ? 0 : event->index);
    if (!action)
        return place;
    place.site = action->site;
    place.callers = action->callers;
    place.kind = action->kind;
    place.atomic = action->kind <= ACTION_CAS;
    place.address = action->address;
    place.length = place.atomic ? action->size : action->length;
    return place;
}

static void failed_send(struct explorer *explorer,
                        const struct explore_failure *failure) {
    const struct explore_callbacks *callbacks = &explorer->options->callbacks;
    explorer->abandoned = 1;
    log_text(&explorer->graph, '!', failure_word(failure->kind));
    if (explorer->probing || explorer->follows)
        return; /* the search will come by; who came by has told it */
    if (explorer->result->failures++ == 0)
        explorer->result->first = *failure;
    struct explore_view view = {explorer};
    if (!callbacks->on_failure || callbacks->on_failure(callbacks->self, failure, &view))
        explorer->stop = explorer->result->stopped = 1;
}

void failed_report(struct explorer *explorer, enum explore_failure_kind kind,
                   const char *message, const struct event *event,
                   const struct event *partner, const struct event *origin) {
    struct explore_failure failure = {0};
    failure.kind = kind;
    failure.message = message;
    if (event)
        failure.place[failure.places++] = place_of(event);
    if (partner)
        failure.place[failure.places++] = place_of(partner);
    if (origin)
        failure.place[failure.places++] = place_of(origin);
    failed_send(explorer, &failure);
}

void failed_pending(struct explorer *explorer, enum explore_failure_kind kind,
                    const char *message, uint32_t thread, const struct node *node) {
    struct explore_failure failure = {0};
    failure.kind = kind;
    failure.message = message;
    failure.places = 1;
    failure.place[0].thread = thread;
    failure.place[0].index = (uint32_t)explorer->graph.threads[thread].count;
    failure.place[0].site = node->action.site;
    failure.place[0].callers = node->action.callers;
    failure.place[0].kind = node->action.kind;
    failure.place[0].address = node->action.address;
    failure.place[0].length = node->action.length;
    failed_send(explorer, &failure);
}
