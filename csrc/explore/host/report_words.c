/* SPDX-License-Identifier: MIT */
/* report_words: see report_words.h. */
#include "host/report_words.h"

#include "action.h"

const char *report_words_step(const struct explore_event *event) {
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

const char *report_words_order(unsigned order) {
    static const char *const words[] = {"relaxed", "consume", "acquire",
                                        "release", "acq_rel", "seq_cst"};
    return words[order % 6];
}

void report_words_callers(struct json *json, const struct callers *callers,
                          uint32_t number) {
    const uint32_t *sites;
    size_t count = callers_of(callers, number, &sites);

    if (!count)
        return;
    json_key(json, "callers");
    json_open(json, '[');
    for (size_t i = 0; i < count; i++)
        json_count(json, sites[i]);
    json_close(json, ']');
}
