/* SPDX-License-Identifier: MIT */
#include "calls/scenario_calls.h"

#include <stdlib.h>
#include <string.h>

#include "calls/tables.h"
#include "failure.h"
#include "program/entry.h"
#include "program/runtime.h"

struct results {
    uint32_t count;
    int64_t *values;
};

/* Few: as many as there are different results of a call. Never shrinks during a search. */
static struct results *known;
static size_t known_count, known_room;

static void *grown(void *block, size_t bytes) {
    void *larger = realloc(block, bytes);
    if (!larger)
        abort(); /* the host has no memory left: nothing it said would be right */
    return larger;
}

static uint64_t number_of(const int64_t *values, uint32_t count) {
    for (size_t i = 0; i < known_count; i++)
        if (known[i].count == count &&
            (count == 0 || memcmp(known[i].values, values, count * sizeof *values) == 0))
            return i;
    if (known_count == known_room) {
        known_room = known_room ? 2 * known_room : 64;
        known = grown(known, known_room * sizeof *known);
    }
    struct results *made = &known[known_count];
    made->count = count;
    made->values = grown(NULL, (count + 1) * sizeof *values);
    if (count)
        memcpy(made->values, values, count * sizeof *values);
    return known_count++;
}

void scenario_forget(void) {
    for (size_t i = 0; i < known_count; i++)
        free(known[i].values);
    known_count = 0;
}

const int64_t *scenario_results(uint64_t number, uint32_t *count) {
    *count = known[number].count;
    return known[number].values;
}

SERVE(void, heald_call, (uint32_t number)) {
    runtime_action(ACTION_CALL, SITE)->operand[0] = number;
    runtime_ask();
}

SERVE_READ(void, heald_return,
           (uint32_t number, const int64_t *results, uint32_t count)) {
    uint32_t site = ENTERED_SITE;
    uint64_t known_as = number_of(results, count);
    struct action *action = runtime_action(ACTION_RETURN, site);
    action->operand[0] = number;
    action->operand[1] = known_as;
    runtime_ask();
}

SERVE(void, heald_invalid, (void)) {
    runtime_fail(FAILURE_INVARIANT, SITE, "is_valid says that the state is broken");
}

SERVE(void, heald_refuse, (const char *why)) {
    runtime_fail(FAILURE_UNSUPPORTED, SITE, "%s", why);
}

const struct service scenario_services[] = {
    SERVICE(heald_call),    SERVICE_READ(heald_return),
    SERVICE(heald_invalid), SERVICE(heald_refuse),
    {NULL, NULL},
};
