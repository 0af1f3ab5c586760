/* SPDX-License-Identifier: MIT */
/* shortest: see shortest.h. */
#include "host/shortest.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/report.h"

uint64_t shortest_length(const struct explore_view *view,
                         const struct explore_failure *failure) {
    struct explore_trace trace = explore_view_trace(view, failure, NULL, 0);

    return (uint64_t)trace.switches << 32 | (uint32_t)(trace.count + 1);
}

void shortest_add(struct shortest *shortest, struct names *names,
                  const struct explore_failure *failure,
                  const struct explore_view *view) {
    uint64_t length = shortest_length(view, failure);
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
    report_failure(&json, "failure", names, failure, view);
    fclose(json.file);
}

void shortest_write(const struct shortest *shortest, struct json *json) {
    for (unsigned kind = 0; kind < FAILURE_KINDS; kind++)
        if (shortest->of[kind].length)
            fwrite(shortest->of[kind].text, 1, shortest->of[kind].bytes, json->file);
    fflush(json->file);
}

void shortest_end(struct shortest *shortest) {
    for (unsigned kind = 0; kind < FAILURE_KINDS; kind++)
        free(shortest->of[kind].text);
    *shortest = (struct shortest){0};
}
