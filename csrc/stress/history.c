/* SPDX-License-Identifier: MIT */
/* history: see history.h */
#include "history.h"

static bool is_return(struct history_event event) { return (event.place & 1u) != 0; }

static bool earlier(struct history_event a, struct history_event b) {
    if (a.ticks != b.ticks)
        return a.ticks < b.ticks;
    return !is_return(a) && is_return(b);
}

/* Insertion: a handful of events, each thread's own already in order. */
static void sort(struct history_event *events, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        struct history_event event = events[i];
        uint32_t at = i;
        for (; at > 0 && earlier(event, events[at - 1]); at--)
            events[at] = events[at - 1];
        events[at] = event;
    }
}

void history_epochs(struct history_event *events, uint32_t calls, int64_t *epochs) {
    sort(events, calls * 2);
    int64_t epoch = 0;
    bool returned = false;
    for (uint32_t i = 0; i < calls * 2; i++) {
        if (is_return(events[i])) {
            returned = true;
        } else if (returned) {
            returned = false;
            epoch++;
        }
        epochs[events[i].place] = epoch;
    }
}
