/* SPDX-License-Identifier: MIT */
/* shortest: see shortest.h. */
#include "shortest.h"

#include <stdio.h>
#include <stdlib.h>

#include "report.h"

uint64_t shortness(const struct explore_view *view) {
    static struct explore_step *steps;
    static size_t room;
    uint64_t switches = 0;
    size_t count = explore_view_trace(view, steps, room);

    if (count > room) {
        free(steps);
        room = 2 * count;
        steps = malloc(room * sizeof *steps);
        if (!steps)
            abort();
        explore_view_trace(view, steps, room);
    }
    for (size_t i = 1; i < count; i++)
        switches += steps[i].thread != steps[i - 1].thread;
    return switches << 32 | (uint32_t)(count + 1);
}

void shortest_add(struct shortest *shortest, struct names *names,
                  const struct explore_failure *failure,
                  const struct explore_view *view) {
    uint64_t length = shortness(view);
    struct json json = {0};

    if (shortest->of[failure->kind].length &&
        shortest->of[failure->kind].length <= length)
        return;
    free(shortest->of[failure->kind].text);
    shortest->of[failure->kind].text = NULL;
    shortest->of[failure->kind].length = length;
    json.file = open_memstream(&shortest->of[failure->kind].text,
                               &shortest->of[failure->kind].bytes);
    if (!json.file)
        abort();
    report_failure(&json, names, failure, view);
    fclose(json.file);
}

void shortest_write(const struct shortest *shortest, struct json *json) {
    for (unsigned kind = 0; kind < FAILURE_KINDS; kind++)
        if (shortest->of[kind].length)
            fwrite(shortest->of[kind].text, 1, shortest->of[kind].bytes, json->file);
    fflush(json->file);
}
