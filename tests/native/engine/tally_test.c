/* SPDX-License-Identifier: MIT */
/* tally: every sample is counted once, or counted as not counted. */
#include "tally.h"

#include "check.h"
#include "heald/random.h"

#include <string.h>

#define WIDTH 3u

struct shared {
    unsigned char entries[64 << 10];
    _Atomic uint32_t count;
};

static uint64_t count_of(const struct shared *shared, const int64_t *slots) {
    size_t size = 16 + WIDTH * sizeof(int64_t);
    for (uint32_t i = 0; i < shared->count; i++) {
        uint64_t count;
        const unsigned char *entry = shared->entries + i * size;
        memcpy(&count, entry + 8, sizeof count);
        if (memcmp(entry + 16, slots, WIDTH * sizeof *slots) == 0)
            return count;
    }
    return 0;
}

static void counts_add_up_over_rounds(void) {
    static struct shared shared;
    struct tally tally;
    struct outcomes outcomes;
    uint32_t first_seen = 0;
    CHECK(tally_init(&tally, WIDTH));
    CHECK(tally_outcomes_init(&outcomes, shared.entries, sizeof shared.entries, WIDTH,
                        &shared.count));
    for (int round = 0; round < 5; round++) {
        for (int64_t i = 0; i < 1000; i++)
            tally_count(&tally, (int64_t[]){1, i % 10, -(i % 10)});
        CHECK(tally_outcomes_add(&outcomes, &tally, &first_seen) == 0);
        tally_clear(&tally);
    }
    CHECK(first_seen == 10 && shared.count == 10);
    CHECK(count_of(&shared, (int64_t[]){1, 3, -3}) == 500);
    CHECK(count_of(&shared, (int64_t[]){1, 3, 3}) == 0);
}

static void what_finds_no_room_is_counted_as_such(void) {
    static struct shared shared;
    struct tally tally;
    struct outcomes outcomes;
    struct random random = random_stream(1, 1);
    uint64_t missed = 0, total = 0;
    uint32_t first_seen = 0;
    CHECK(tally_init(&tally, WIDTH));
    CHECK(tally_outcomes_init(&outcomes, shared.entries, sizeof shared.entries, WIDTH,
                        &shared.count));
    for (int round = 0; round < 10; round++, tally_clear(&tally)) {
        for (int i = 0; i < 5000; i++)
            tally_count(&tally, (int64_t[]){1, (int64_t)random_next(&random), 0});
        missed += tally_outcomes_add(&outcomes, &tally, &first_seen);
    }
    for (uint32_t i = 0; i < shared.count; i++) {
        uint64_t count;
        memcpy(&count, shared.entries + i * (16 + WIDTH * 8) + 8, sizeof count);
        total += count;
    }
    CHECK(shared.count == outcomes.capacity);
    CHECK(missed > 0 && total + missed == 50000);
}

int main(void) {
    counts_add_up_over_rounds();
    what_finds_no_room_is_counted_as_such();
    return 0;
}
