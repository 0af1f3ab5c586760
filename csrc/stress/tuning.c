/* SPDX-License-Identifier: MIT */
/* tuning: see tuning.h */
#include "tuning.h"

/* Many threads on few processors meet only when one is interrupted: long strides. */
static const uint32_t strides[] = {16, 64, 256, 1024, 4096};
static const uint32_t long_strides[] = {256, 1024, 4096, 16384, 16384};
static const uint32_t skews[] = {0, 0, 40, 400};
static const uint32_t jitters[] = {0, 0, 0, 4, 32};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))
#define EXPLORE_PERCENT 25u
#define MUTATE_PERCENT 10u
#define SMOOTHING 0.3

static struct stress_settings draw(const struct tuning *tuning,
                                   const struct stress_settings *base,
                                   struct random *random) {
    struct stress_settings drawn = *base;
    const uint32_t *choices = tuning->oversubscribed ? long_strides : strides;
    drawn.stride = choices[random_below(random, COUNT(strides))];
    drawn.layout = random_below(random, 3);
    drawn.shuffled = random_below(random, 2);
    drawn.skew = skews[random_below(random, COUNT(skews))];
    drawn.jitter = jitters[random_below(random, COUNT(jitters))];
    drawn.blocks = random_below(random, 2);
    return drawn;
}

void tuning_init(struct tuning *tuning, const struct stress_settings *settings, bool tune,
                 bool oversubscribed, struct random *random) {
    *tuning = (struct tuning){.oversubscribed = oversubscribed};
    tuning->arms[0].settings = *settings;
    tuning->count = 1;
    if (!tune)
        return;
    tuning->count = TUNING_ARMS;
    for (uint32_t i = 1; i < TUNING_ARMS; i++)
        tuning->arms[i].settings = draw(tuning, settings, random);
}

static uint32_t best_arm(const struct tuning *tuning) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < tuning->tried; i++)
        if (tuning->arms[i].reward > tuning->arms[best].reward)
            best = i;
    return best;
}

static uint32_t worst_arm(const struct tuning *tuning) {
    uint32_t worst = 0;
    for (uint32_t i = 1; i < tuning->count; i++)
        if (tuning->arms[i].reward < tuning->arms[worst].reward)
            worst = i;
    return worst;
}

/* Half of the knobs of the best setting, the others drawn anew, replace the worst one. */
static uint32_t mutate(struct tuning *tuning, struct random *random) {
    uint32_t best = best_arm(tuning), worst = worst_arm(tuning);
    if (best == worst)
        return best;
    struct stress_settings kept = tuning->arms[best].settings;
    struct stress_settings drawn = draw(tuning, &kept, random);
    uint64_t choice = random_next(random);
    drawn.stride = (choice & 1u) != 0 ? kept.stride : drawn.stride;
    drawn.layout = (choice & 2u) != 0 ? kept.layout : drawn.layout;
    drawn.shuffled = (choice & 4u) != 0 ? kept.shuffled : drawn.shuffled;
    drawn.skew = (choice & 8u) != 0 ? kept.skew : drawn.skew;
    drawn.jitter = (choice & 16u) != 0 ? kept.jitter : drawn.jitter;
    drawn.blocks = (choice & 32u) != 0 ? kept.blocks : drawn.blocks;
    tuning->arms[worst] = (struct tuning_arm){.settings = drawn};
    return worst;
}

const struct stress_settings *tuning_next(struct tuning *tuning, struct random *random) {
    if (tuning->tried < tuning->count) {
        tuning->current = tuning->tried++;
    } else {
        uint32_t dice = random_below(random, 100);
        if (dice < MUTATE_PERCENT)
            tuning->current = mutate(tuning, random);
        else if (dice < MUTATE_PERCENT + EXPLORE_PERCENT)
            tuning->current = random_below(random, tuning->count);
        else
            tuning->current = best_arm(tuning);
    }
    return &tuning->arms[tuning->current].settings;
}

void tuning_learn(struct tuning *tuning, const struct tuning_evidence *evidence) {
    if (evidence->samples == 0 || evidence->ns == 0)
        return;
    double rate = (double)evidence->samples / (double)evidence->ns;
    double overlap = evidence->probes == 0
                         ? 0.0
                         : (double)evidence->overlapped / (double)evidence->probes;
    double reward = rate * (overlap + evidence->diversity) * (1.0 + evidence->first_seen);
    struct tuning_arm *arm = &tuning->arms[tuning->current];
    if (arm->rounds++ == 0)
        arm->reward = reward;
    else
        arm->reward += SMOOTHING * (reward - arm->reward);
}

const struct stress_settings *tuning_best(const struct tuning *tuning) {
    return &tuning->arms[best_arm(tuning)].settings;
}
