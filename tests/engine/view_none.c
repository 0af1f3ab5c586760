/* SPDX-License-Identifier: MIT */
/* view_none: names.c without a search: there is no execution graph to ask. */
#include <heald/explore.h>

uint32_t explore_view_threads(const struct explore_view *view) {
    (void)view;
    return 0;
}

uint32_t explore_view_length(const struct explore_view *view, uint32_t thread) {
    (void)view;
    (void)thread;
    return 0;
}

void explore_view_event(const struct explore_view *view, uint32_t thread, uint32_t index,
                        struct explore_event *event) {
    (void)view;
    (void)thread;
    (void)index;
    (void)event;
}
