/* SPDX-License-Identifier: MIT */
/* history: epochs keep exactly the order of calls that did not overlap. */
#include "history.h"

#include "check.h"
#include "heald/random.h"

#define CALLS 6u

struct interval {
    uint64_t call, back;
};

static void epochs_of(const struct interval *intervals, uint32_t calls, int64_t *epochs) {
    struct history_event events[HISTORY_CALLS * 2];
    for (uint32_t i = 0; i < calls; i++) {
        events[2 * i] = (struct history_event){intervals[i].call, 2 * i};
        events[2 * i + 1] = (struct history_event){intervals[i].back, 2 * i + 1};
    }
    history_epochs(events, calls, epochs);
}

static void touching_intervals_overlap(void) {
    const struct interval intervals[] = {{1, 5}, {5, 9}};
    int64_t epochs[4];
    epochs_of(intervals, 2, epochs);
    CHECK(epochs[1] >= epochs[2]);
}

static void epochs_are_the_smallest(void) {
    const struct interval intervals[] = {{10, 20}, {30, 40}, {15, 35}};
    int64_t epochs[6];
    epochs_of(intervals, 3, epochs);
    CHECK(epochs[0] == 0 && epochs[1] == 0);
    CHECK(epochs[2] == 1 && epochs[3] == 1);
    CHECK(epochs[4] == 0 && epochs[5] == 1);
}

static void order_of_random_intervals_is_kept(void) {
    struct random random = random_stream(7, 7);
    for (int round = 0; round < 20000; round++) {
        struct interval intervals[CALLS];
        int64_t epochs[2 * CALLS];
        for (uint32_t i = 0; i < CALLS; i++) {
            intervals[i].call = random_below(&random, 20);
            intervals[i].back = intervals[i].call + random_below(&random, 8);
        }
        epochs_of(intervals, CALLS, epochs);
        for (uint32_t a = 0; a < CALLS; a++)
            for (uint32_t b = 0; b < CALLS; b++)
                CHECK((intervals[a].back < intervals[b].call) ==
                      (epochs[2 * a + 1] < epochs[2 * b]));
    }
}

int main(void) {
    touching_intervals_overlap();
    epochs_are_the_smallest();
    order_of_random_intervals_is_kept();
    return 0;
}
