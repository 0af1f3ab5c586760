/* SPDX-License-Identifier: MIT */
/* tuning: see tuning.h */
#include "tuning.h"

/* Many threads on few processors meet only when one is interrupted: long strides. */
static const uint32_t strides[] = {16, 64, 256, 1024, 4096};
static const uint32_t long_strides[] = {256, 1024, 4096, 16384, 16384};
static const uint32_t skews[] = {0, 0, 40, 400};
static const uint32_t jitters[] = {0, 0, 0, 4, 32};

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))
#define RETRY_PERCENT 10u  /* any of the known settings */
#define MUTATE_PERCENT 10u /* a change of the best one, in place of the worst */
#define DRAW_PERCENT 15u   /* a new one, in place of the worst */
#define SMOOTHING 0.3
#define NOVELTY 1.5 /* for a round that showed outcomes not seen before */

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

/* The worst but for the best; where all are alike, any other. */
static uint32_t worst_arm(const struct tuning *tuning, uint32_t best) {
    uint32_t worst = best == 0 ? 1 : 0;
    for (uint32_t i = 0; i < tuning->count; i++)
        if (i != best && tuning->arms[i].reward < tuning->arms[worst].reward)
            worst = i;
    return worst;
}

/* Half of the knobs of the best setting, the others drawn anew. */
static struct stress_settings mutate(const struct tuning *tuning,
                                     const struct stress_settings *best,
                                     struct random *random) {
    struct stress_settings drawn = draw(tuning, best, random);
    uint64_t keep = random_next(random);
    drawn.stride = (keep & 1u) != 0 ? best->stride : drawn.stride;
    drawn.layout = (keep & 2u) != 0 ? best->layout : drawn.layout;
    drawn.shuffled = (keep & 4u) != 0 ? best->shuffled : drawn.shuffled;
    drawn.skew = (keep & 8u) != 0 ? best->skew : drawn.skew;
    drawn.jitter = (keep & 16u) != 0 ? best->jitter : drawn.jitter;
    drawn.blocks = (keep & 32u) != 0 ? best->blocks : drawn.blocks;
    return drawn;
}

/* What to try in this round, all settings having had one. */
static uint32_t choose(struct tuning *tuning, struct random *random) {
    uint32_t best = best_arm(tuning), dice = random_below(random, 100);
    if (tuning->count == 1 || dice >= RETRY_PERCENT + MUTATE_PERCENT + DRAW_PERCENT)
        return best;
    if (dice < RETRY_PERCENT)
        return random_below(random, tuning->count);
    uint32_t worst = worst_arm(tuning, best);
    const struct stress_settings *from = &tuning->arms[best].settings;
    struct stress_settings next = dice < RETRY_PERCENT + MUTATE_PERCENT
                                      ? mutate(tuning, from, random)
                                      : draw(tuning, from, random);
    tuning->arms[worst] = (struct tuning_arm){.settings = next};
    return worst;
}

const struct stress_settings *tuning_next(struct tuning *tuning, struct random *random) {
    bool first_pass = tuning->tried < tuning->count;
    tuning->current = first_pass ? tuning->tried++ : choose(tuning, random);
    return &tuning->arms[tuning->current].settings;
}

void tuning_learn(struct tuning *tuning, const struct tuning_evidence *evidence) {
    if (evidence->samples == 0 || evidence->ns == 0)
        return;
    double rate = (double)evidence->samples / (double)evidence->ns;
    double overlap = evidence->probes == 0
                         ? 0.0
                         : (double)evidence->overlapped / (double)evidence->probes;
    double novelty = evidence->first_seen > 0 ? NOVELTY : 1.0;
    double reward = rate * (overlap + evidence->diversity) * novelty;
    struct tuning_arm *arm = &tuning->arms[tuning->current];
    if (arm->rounds++ == 0)
        arm->reward = reward;
    else
        arm->reward += SMOOTHING * (reward - arm->reward);
}

const struct stress_settings *tuning_best(const struct tuning *tuning) {
    return &tuning->arms[best_arm(tuning)].settings;
}
