/* SPDX-License-Identifier: MIT */
/* urgency: see urgency.h. */
#include "urgency.h"

#include "model.h"

#include <stdlib.h>

struct taken {
    int64_t value;
    uint64_t at;
};

static int by_taken_value(const void *a, const void *b) {
    const struct taken *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

int urgency_set(uint64_t *urgency, const struct linear_call *calls, uint32_t count,
                uint32_t kind) {
    struct taken *takes = malloc(((size_t)count + 1) * sizeof *takes);
    uint32_t taken = 0;
    if (!takes)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        urgency[i] = calls[i].returned / 2;
        if (calls[i].code == CODE_TAKE && calls[i].checked)
            takes[taken++] = (struct taken){calls[i].result, calls[i].returned};
    }
    qsort(takes, taken, sizeof *takes, by_taken_value);
    for (uint32_t i = 0; i < count && (kind == MODEL_QUEUE || kind == MODEL_STACK); i++) {
        if (calls[i].code != CODE_PUT)
            continue;
        struct taken wanted = {.value = calls[i].argument[0]};
        struct taken *take =
            bsearch(&wanted, takes, taken, sizeof *takes, by_taken_value);
        uint64_t at = take ? take->at / 2 : UINT64_MAX / 2;
        urgency[i] = (uint64_t)1 << 63 | (kind == MODEL_QUEUE ? at : UINT64_MAX / 2 - at);
    }
    free(takes);
    return 1;
}

void urgency_sort(const uint64_t *urgency, uint32_t *candidates, uint32_t count) {
    /* Few, as many as there are threads: insertion sort. */
    for (uint32_t i = 1; i < count; i++) {
        uint32_t candidate = candidates[i], at = i;
        for (; at > 0 && urgency[candidates[at - 1]] > urgency[candidate]; at--)
            candidates[at] = candidates[at - 1];
        candidates[at] = candidate;
    }
}
