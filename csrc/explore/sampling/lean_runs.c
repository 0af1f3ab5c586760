/* SPDX-License-Identifier: MIT */
/* lean_runs: see lean_runs.h. */
#include "sampling/lean_runs.h"

#include <stdio.h>
#include <stdlib.h>

#include "execution/live.h"
#include "graph/node.h"
#include "lean/lean_clock.h"

enum {
    FIRST_SAMPLES = 128, /* so many runs with a graph decide ... */
    MOST_KNOWN = 2,      /* ... of which at most so many percent were known before */
    LONGER = 8,          /* a run may take so many times the steps of the longest graph */
    LONGER_STEPS = 512,  /* and so many more */
    MOST_LONG = 16,
    FIRST_LEAN = 64,
    LONG_LOOPS = 3,
    LONG_LOOPS_STEPS = 64,
    MOST_DOUBTS = 8
};

static uint32_t child_of(void *self, uint32_t parent, uint32_t nth) {
    return live_child(self, parent, nth);
}

static enum lean_made leave(struct sampler *sampler, const char *why) {
    sampler->samples.use = LEAN_UNUSED;
    sampler->explorer->result->lean_left = why;
    return LEAN_NOT_MADE;
}

/* What these options ask for is not known to lean runs. NULL: it is. */
static const char *asked_for_more(const struct sampler *sampler) {
    const struct explorer *explorer = sampler->explorer;
    const struct explore_options *options = explorer->options;
    if (!explorer->program->run || options->search == EXPLORE_REPLAY ||
        options->search == EXPLORE_CHOICES)
        return "a single run";
    if (options->model != EXPLORE_RC11 && options->model != EXPLORE_SC)
        return "the model";
    if (options->races_allowed || options->volatile_relaxed || options->plain_relaxed)
        return "plain accesses that count as atomic ones";
    if (options->untold || options->bound || options->no_memo || explorer->forgets)
        return "the options";
    if (options->callbacks.on_execution && !options->callbacks.once_is_enough &&
        options->lean != EXPLORE_LEAN_AUDITED)
        return "every execution is to be shown";
    return explorer->widths->count ? "objects of several sizes" : NULL;
}

static uint32_t most_steps(const struct sampler *sampler) {
    uint64_t longest = sampler->samples.longest;
    uint64_t most = LONGER * longest + LONGER_STEPS;
    uint32_t limit = sampler->explorer->max_events / 4; /* a graph may have more */
    return !longest || most > limit ? limit : (uint32_t)most;
}

static void begin(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    struct lean_options options = {.asked = explorer->options,
                                   .most_steps = most_steps(sampler),
                                   .no_seq_cst =
                                       explorer->options->lean == EXPLORE_LEAN_AUTO,
                                   .self = explorer,
                                   .child = child_of};
    sampler->samples.lean =
        lean_run_open(explorer->program, &options, sampler->policy.random);
    sampler->samples.use = sampler->samples.lean ? LEAN_USED : LEAN_UNUSED;
}

/* Is it time, and does it pay? */
static void decide(struct sampler *sampler) {
    const struct explore_result *result = sampler->explorer->result;
    enum explore_lean wanted = sampler->explorer->options->lean;
    const char *more =
        wanted == EXPLORE_LEAN_NEVER ? "it is switched off" : asked_for_more(sampler);
    if (more)
        leave(sampler, more);
    else if (wanted != EXPLORE_LEAN_AUTO)
        begin(sampler);
    else if (result->samples < FIRST_SAMPLES)
        return;
    else if (result->remembered * 100 <= MOST_KNOWN * result->samples &&
             result->executions)
        begin(sampler);
    else
        leave(sampler, "many runs are known");
}

/* In place of one that is too long a graph makes another. */
static enum lean_made was_long(struct sampler *sampler) {
    uint64_t made = sampler->explorer->result->lean;
    if (++sampler->samples.long_ones > MOST_LONG + made / 64)
        return leave(sampler, "runs are much longer than others");
    return LEAN_NOT_MADE;
}

static enum lean_made was_cut(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    explorer->stop = explorer->result->stopped = 1;
    return LEAN_MADE;
}

static enum lean_made made(struct sampler *sampler, enum lean_end end) {
    struct explore_result *result = sampler->explorer->result;
    size_t steps;
    (void)lean_run_steps(sampler->samples.lean, &steps);
    result->steps += steps;
    sampler->samples.steps += steps;
    result->lean++;
    if (end == LEAN_SUSPECT || sampler->explorer->options->lean == EXPLORE_LEAN_AUDITED)
        return LEAN_MADE_AND_TOLD;
    if (end == LEAN_COMPLETE)
        result->executions++;
    else
        result->blocked++;
    return LEAN_MADE;
}

/* Who waits in a loop goes round in it, where a graph knows that it waits. */
static int runs_are_long(const struct sampler *sampler) {
    const struct lean_samples *samples = &sampler->samples;
    uint64_t made = sampler->explorer->result->lean;
    return made >= FIRST_LEAN && samples->graphs &&
           samples->steps / made >
               LONG_LOOPS * (samples->graph_steps / samples->graphs) + LONG_LOOPS_STEPS;
}

enum lean_made lean_runs_make(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    if (sampler->samples.use == LEAN_UNDECIDED)
        decide(sampler);
    if (sampler->samples.use != LEAN_USED)
        return LEAN_NOT_MADE;
    if (explorer->forgets)
        return leave(sampler, "memory changed without an access that was seen");
    if (runs_are_long(sampler))
        return leave(sampler, "threads go round in loops");
    enum lean_end end = sampler->samples.end = lean_run(sampler->samples.lean);
    explorer->live.valid = 0;
    explorer->result->runs++;
    switch (end) {
    case LEAN_LONG:
        return was_long(sampler);
    case LEAN_BEYOND:
        return leave(sampler, lean_run_beyond(sampler->samples.lean));
    case LEAN_CUT:
        return was_cut(sampler);
    default:
        return made(sampler, end);
    }
}

void lean_runs_follow(struct sampler *sampler) {
    uint32_t *skipped = sampler->samples.skipped;
    const struct graph *graph = &sampler->explorer->graph;
    size_t count;
    const struct lean_step *steps = lean_run_steps(sampler->samples.lean, &count);
    for (uint32_t t = 0; t < LEAN_THREADS; t++) {
        skipped[t] = 0;
        for (size_t i = 0; t < graph->thread_count && i < graph->threads[t].count; i++) {
            uint8_t kind = graph->threads[t].events[i]->kind;
            skipped[t] += kind != ACTION_AWAIT && kind != ACTION_ROUND;
        }
    }
    policy_follow(&sampler->policy, steps, count, skipped);
}

/* For tests: the graph goes every step of the run and comes to the same. */
static void audit(const struct sampler *sampler, int has_failed) {
    const struct policy *policy = &sampler->policy;
    if (sampler->explorer->options->lean != EXPLORE_LEAN_AUDITED ||
        sampler->samples.end == LEAN_SUSPECT || policy->diverged == DIVERGED_IN_LOOP)
        return;
    const char *wrong = has_failed                     ? "its graph has a failure"
                        : policy->diverged == DIVERGED ? "it is no execution"
                        : policy->followed < policy->follows_count
                            ? "its graph ends before it"
                            : NULL;
    if (!wrong)
        return;
    fprintf(stderr, "engine bug: a lean run is not what it should be: %s\n", wrong);
    abort();
}

void lean_runs_followed(struct sampler *sampler, int has_failed) {
    struct explore_result *result = sampler->explorer->result;
    audit(sampler, has_failed);
    if (sampler->samples.end != LEAN_SUSPECT)
        return;
    if (has_failed) {
        sampler->samples.confirmed++;
        return;
    }
    result->lean_doubts++;
    if (result->lean_doubts > MOST_DOUBTS + sampler->samples.confirmed)
        leave(sampler, "graphs do not show what runs did");
}

void lean_runs_compare(struct sampler *sampler) {
    const struct graph *graph = &sampler->explorer->graph;
    if (graph->count > sampler->samples.longest)
        sampler->samples.longest = graph->count;
    sampler->samples.graph_steps += graph->count;
    sampler->samples.graphs++;
}
