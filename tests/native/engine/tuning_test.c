/* SPDX-License-Identifier: MIT */
/* tuning: finds the setting that interleaves most, and never stops to look elsewhere. */
#include "tuning.h"

#include "check.h"

#include <string.h>

#define ROUNDS 2000

/* A machine on which one layout and short strides are ten times as good as all else. */
static struct tuning_evidence answer(const struct stress_settings *settings) {
    bool good = settings->layout == STRESS_LINE && settings->stride <= 64;
    return (struct tuning_evidence){.samples = 1000,
                                    .ns = 10000,
                                    .probes = 100,
                                    .overlapped = good ? 80 : 8,
                                    .diversity = 0.0};
}

static uint32_t good_rounds(uint64_t seed, uint32_t *others) {
    static struct tuning tuning;
    struct random random = random_stream(seed, 0);
    const struct stress_settings start = {.stride = 4096, .placement = STRESS_FREE};
    uint32_t good = 0;
    tuning_init(&tuning, &start, true, false, &random);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const struct stress_settings *settings = tuning_next(&tuning, &random);
        CHECK(settings->stride >= 1 && settings->placement == STRESS_FREE);
        struct tuning_evidence evidence = answer(settings);
        tuning_learn(&tuning, &evidence);
        good += evidence.overlapped == 80;
        *others += evidence.overlapped != 80;
    }
    return good;
}

static void best_setting_gets_most_rounds(void) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint32_t others = 0;
        CHECK(good_rounds(seed, &others) > ROUNDS / 2);
        CHECK(others > ROUNDS / 10);
    }
}

static void fixed_settings_stay_fixed(void) {
    static struct tuning tuning;
    struct random random = random_stream(1, 0);
    const struct stress_settings fixed = {.stride = 7, .layout = 2, .skew = 3};
    tuning_init(&tuning, &fixed, false, false, &random);
    for (int round = 0; round < 100; round++) {
        const struct stress_settings *settings = tuning_next(&tuning, &random);
        CHECK(memcmp(settings, &fixed, sizeof fixed) == 0);
        struct tuning_evidence evidence = answer(settings);
        tuning_learn(&tuning, &evidence);
    }
}

int main(void) {
    best_setting_gets_most_rounds();
    fixed_settings_stay_fixed();
    return 0;
}
