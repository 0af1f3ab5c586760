/* SPDX-License-Identifier: MIT */
/*
 * tuning: which settings the next round runs with.
 *
 * Why       The rate of one and the same race moves between 12 and 78 % with stride and
 *           layout alone, and the best setting depends on machine and scenario.
 * How       A bandit: every setting gets a short round; then mostly the one with the best
 *           reward, sometimes any other, sometimes a change of the best or a new one in
 *           place of the worst. Exploring never stops: a rare failure may need a setting
 *           that interleaves less.
 * Reward    Interleaved samples a second: overlap in time and diversity of outcomes, times
 *           the rate. Never the failure itself, which is too rare to steer by.
 */
#ifndef STRESS_TUNING_H
#define STRESS_TUNING_H

#include <heald/random.h>

#include <heald/stress.h>

#include <stdbool.h>

#define TUNING_ARMS 24u

struct tuning_arm {
    struct stress_settings settings;
    double reward; /* smoothed */
    uint32_t rounds;
};

struct tuning {
    struct tuning_arm arms[TUNING_ARMS];
    uint32_t count, current, tried;
    bool oversubscribed;
};

/* What one round showed. */
struct tuning_evidence {
    uint64_t samples, ns;
    uint64_t probes, overlapped;
    double diversity; /* chance that two samples differ */
    uint32_t first_seen;
};

/* Only `settings`, or, if `tune`, many that keep its placement and load. */
void tuning_init(struct tuning *tuning, const struct stress_settings *settings, bool tune,
                 bool oversubscribed, struct random *random);

const struct stress_settings *tuning_next(struct tuning *tuning, struct random *random);
void tuning_learn(struct tuning *tuning, const struct tuning_evidence *evidence);
const struct stress_settings *tuning_best(const struct tuning *tuning);

#endif
