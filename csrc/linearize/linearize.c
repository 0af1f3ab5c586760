/* SPDX-License-Identifier: MIT */
/*
 * linearize: depth-first search over orders of calls, with everything that makes it end.
 *
 * Rules     A call that cannot change any state (a read, a take that found nothing) is placed at once
 *           where it is accepted, and alone: any order that places it later still holds with it
 *           here, for nothing that must precede it is left. That it changes nothing *here* would
 *           not do: a write of the present value may be needed later.
 *           A configuration seen before is not entered again (Lowe 2017).
 * Order     Candidates are tried most urgent first (urgency.h).
 * Parts     Sets and maps fall apart by key (Herlihy and Wing, TOPLAS 1990: linearizability is local
 *           in real time). All parts get a small budget before any gets a large one, so that one
 *           bad part ends the search however hard another one is.
 */
#define _GNU_SOURCE /* qsort_r */
#include "heald/linearize.h"

#include "frontier.h"
#include "model.h"
#include "queue.h"
#include "seen.h"
#include "urgency.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOCK_EVERY 1024u /* steps between two looks at the clock */
#define FIRST_BUDGET ((uint64_t)100000)
#define BUDGET_GROWTH 8u

struct search {
    const struct linear_call *calls;
    uint32_t count, completed;
    const struct linear_options *options;
    struct model model;
    struct frontier frontier;
    struct seen seen;
    uint64_t *urgency;
    /* The path: frame d placed order[d]; its candidates are stack[begin[d]..begin[d + 1]). */
    uint32_t *order, *begin, *tried;
    struct undo *undos;
    uint32_t *stack;
    size_t stack_capacity;
    uint32_t depth, placed_completed;
    struct hash placed;
    /* The deepest path so far. */
    uint32_t best_depth, stuck;
    int best_is_path; /* the present path is the deepest, and is not copied yet */
    uint32_t *best;
    uint64_t steps, max_steps;
    double deadline;
    enum linear_limit limit;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- the path --------------------------------------------------------------------------- */

static int is_pending(const struct linear_call *call) {
    return call->returned == LINEARIZE_NEVER;
}

static int is_done(const struct search *s) { return s->placed_completed == s->completed; }

static void place(struct search *s, uint32_t call, const struct undo *undo) {
    s->order[s->depth] = call;
    s->undos[s->depth] = *undo;
    s->depth++;
    s->placed_completed += !is_pending(&s->calls[call]);
    hash_flip(&s->placed, (uint64_t)3 << 40, call);
    frontier_place(&s->frontier, call);
}

static void keep_best(struct search *s) {
    if (s->best_is_path)
        memcpy(s->best, s->order, s->best_depth * sizeof *s->best);
    s->best_is_path = 0;
}

static void take_back(struct search *s) {
    keep_best(s);
    s->depth--;
    uint32_t call = s->order[s->depth];
    frontier_take_back(&s->frontier, call);
    hash_flip(&s->placed, (uint64_t)3 << 40, call);
    s->placed_completed -= !is_pending(&s->calls[call]);
    if (s->tried[s->depth] & 1)
        model_undo(&s->model, &s->calls[call], call, &s->undos[s->depth]);
}

static enum seen_answer remember(struct search *s) {
    struct hash both = {{s->placed.half[0] ^ s->model.hash.half[0],
                         s->placed.half[1] ^ s->model.hash.half[1]}};
    return seen_add(&s->seen, both);
}

static int open_frame(struct search *s) {
    size_t begin = s->begin[s->depth];
    if (s->stack_capacity < begin + s->count + 1) {
        size_t capacity = 2 * s->stack_capacity + s->count + 1;
        uint32_t *stack = realloc(s->stack, capacity * sizeof *stack);
        if (!stack)
            return 0;
        s->stack = stack;
        s->stack_capacity = capacity;
    }
    uint32_t found = frontier_candidates(&s->frontier, s->stack + begin);
    urgency_sort(s->urgency, s->stack + begin, found);
    s->begin[s->depth + 1] = (uint32_t)begin + found;
    s->tried[s->depth] = 0;
    if (s->depth > s->best_depth || (s->depth == 0 && s->best_depth == 0)) {
        s->best_depth = s->depth;
        s->best_is_path = 1;
        s->stuck = frontier_blocker(&s->frontier);
    }
    return 1;
}

static int out_of_budget(struct search *s) {
    if (s->max_steps && s->steps >= s->max_steps)
        s->limit = LIMIT_STEPS;
    else if (s->deadline > 0 && s->steps % CLOCK_EVERY == 0 && now() > s->deadline)
        s->limit = LIMIT_TIME;
    return s->limit != LIMIT_NONE;
}

/*
 * Tries the remaining candidates of the present frame; places one and returns 1, or returns 0.
 * tried[d] holds twice the number of candidates tried, plus whether the placed one changed the
 * state.
 */
static int advance(struct search *s) {
    uint32_t d = s->depth;
    for (uint32_t i = s->tried[d] >> 1; s->begin[d] + i < s->begin[d + 1]; i++) {
        uint32_t call = s->stack[s->begin[d] + i];
        struct undo undo = {0, 0};
        s->steps++;
        if (out_of_budget(s))
            return 0;
        enum step step = model_apply(&s->model, &s->calls[call], call, &undo);
        if (step == STEP_GIVE_UP)
            s->limit = LIMIT_STEP_FAILED;
        if (step == STEP_GIVE_UP)
            return 0;
        if (step == STEP_REJECTED)
            continue;
        int alone =
            s->options->model != MODEL_TABLE && model_never_changes(&s->calls[call]);
        /* Alone: the frame is over when this one comes back. */
        s->tried[d] =
            (alone ? s->begin[d + 1] - s->begin[d] : i + 1) << 1 | (step == STEP_CHANGED);
        place(s, call, &undo);
        enum seen_answer answer = remember(s);
        if (answer == SEEN_NEW)
            return 1;
        take_back(s);
        if (answer == SEEN_FULL) {
            s->limit = LIMIT_MEMORY;
            return 0;
        }
        if (alone)
            break;
    }
    s->tried[d] = (s->begin[d + 1] - s->begin[d]) << 1;
    return 0;
}

static enum linear_answer run(struct search *s) {
    if (!open_frame(s))
        s->limit = LIMIT_MEMORY;
    while (s->limit == LIMIT_NONE) {
        if (is_done(s)) {
            s->best_is_path = 1;
            s->best_depth = s->depth;
            keep_best(s);
            return LINEAR_YES;
        }
        if (advance(s)) {
            if (!open_frame(s))
                s->limit = LIMIT_MEMORY;
        } else if (s->limit == LIMIT_NONE) {
            if (s->depth == 0)
                return LINEAR_NO;
            take_back(s);
        }
    }
    keep_best(s);
    return LINEAR_UNDECIDED;
}

static int open_search(struct search *s, const struct linear_call *calls, uint32_t count,
                       const struct linear_options *options) {
    size_t n = (size_t)count + 2;
    *s = (struct search){.calls = calls, .count = count, .options = options};
    s->seen.max_bytes = options->max_bytes;
    s->urgency = calloc(n, sizeof *s->urgency);
    s->order = calloc(n, sizeof *s->order);
    s->begin = calloc(n, sizeof *s->begin);
    s->tried = calloc(n, sizeof *s->tried);
    s->undos = calloc(n, sizeof *s->undos);
    s->best = calloc(n, sizeof *s->best);
    for (uint32_t i = 0; i < count; i++)
        s->completed += !is_pending(&calls[i]);
    return s->urgency && s->order && s->begin && s->tried && s->undos && s->best &&
           urgency_set(s->urgency, s->calls, s->count, s->options->model) &&
           model_open(&s->model, options, calls, count) &&
           frontier_open(&s->frontier, options, calls, count);
}

static void close_search(struct search *s) {
    frontier_close(&s->frontier);
    model_close(&s->model);
    seen_free(&s->seen);
    free(s->urgency);
    free(s->order);
    free(s->begin);
    free(s->tried);
    free(s->undos);
    free(s->best);
    free(s->stack);
}

/* ---- one part, and all of them ---------------------------------------------------------- */

struct part {
    struct linear_call *calls; /* of this part, in the order of the whole */
    uint32_t *index;           /* call of the part -> call of the whole */
    uint32_t count;
    int decided;
};

static void decide_part(struct part *part, const struct linear_options *options,
                        uint64_t budget, double deadline, uint32_t *order,
                        struct linear_result *result) {
    struct search s;
    result->limit = LIMIT_MEMORY;
    result->answer = LINEAR_UNDECIDED;
    result->prefix = 0;
    if (open_search(&s, part->calls, part->count, options)) {
        s.max_steps = budget;
        s.deadline = deadline;
        result->answer = run(&s);
        result->limit = s.limit;
        result->prefix = s.best_depth;
        result->stuck = s.stuck;
        memcpy(order, s.best, s.best_depth * sizeof *order);
    }
    result->steps += s.steps;
    result->configurations += s.seen.count;
    close_search(&s);
    uint32_t culprit;
    if (result->answer == LINEAR_UNDECIDED && options->model == MODEL_QUEUE &&
        !options->first) {
        enum queue_answer answer = queue_decide(part->calls, part->count, &culprit);
        if (answer == QUEUE_FITS)
            result->answer = LINEAR_YES;
        if (answer == QUEUE_DOES_NOT) {
            result->answer = LINEAR_NO;
            result->stuck = culprit;
        }
    }
    for (uint32_t i = 0; i < result->prefix; i++)
        order[i] = part->index[order[i]];
    if (result->stuck < part->count)
        result->stuck = part->index[result->stuck];
    result->part_calls = part->count;
}

static int by_key_then_index(const void *a, const void *b, void *context) {
    const struct linear_call *calls = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int64_t key_x = calls[x].argument[0], key_y = calls[y].argument[0];
    if (key_x != key_y)
        return key_x < key_y ? -1 : 1;
    return (x > y) - (x < y);
}

/* Returns the number of parts, 0 where memory is short. All parts share two arrays. */
static uint32_t split(const struct linear_call *calls, uint32_t count,
                      const struct linear_options *options, struct part **parts) {
    struct linear_call *sorted = malloc(((size_t)count + 1) * sizeof *sorted);
    uint32_t *index = malloc(((size_t)count + 1) * sizeof *index);
    *parts = calloc((size_t)count + 1, sizeof **parts);
    if (!sorted || !index || !*parts) {
        free(sorted);
        free(index);
        return 0;
    }
    /* Only real time is local: an explicit order is never split. */
    int by_key = options->by_key && !options->first;
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        index[i] = i;
    if (by_key)
        qsort_r(index, count, sizeof *index, by_key_then_index, (void *)(uintptr_t)calls);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = calls[index[i]];
    for (uint32_t i = 0; i < count || found == 0; i++) {
        int same =
            found && (!by_key || sorted[i].argument[0] == sorted[i - 1].argument[0]);
        if (!same)
            (*parts)[found++] = (struct part){.calls = sorted + i, .index = index + i};
        (*parts)[found - 1].count += count > 0;
    }
    return found;
}

void linearize(const struct linear_call *calls, uint32_t count,
               const struct linear_options *options, uint32_t *order,
               struct linear_result *result) {
    struct part *parts;
    *result = (struct linear_result){.answer = LINEAR_UNDECIDED, .limit = LIMIT_MEMORY};
    uint32_t parts_count = split(calls, count, options, &parts), open = parts_count,
             used = 0;
    double deadline = options->max_seconds > 0 ? now() + options->max_seconds : 0;
    uint32_t *mine = malloc(((size_t)count + 1) * sizeof *mine);
    for (uint64_t budget = FIRST_BUDGET; open && mine; budget *= BUDGET_GROWTH) {
        int last = options->max_steps && budget >= options->max_steps;
        for (uint32_t i = 0; i < parts_count; i++) {
            if (parts[i].decided)
                continue;
            uint64_t limit = last ? options->max_steps : budget;
            decide_part(&parts[i], options, limit, deadline, mine, result);
            if (result->answer == LINEAR_YES) {
                memcpy(order + used, mine, result->prefix * sizeof *order);
                used += result->prefix;
                parts[i].decided = 1;
                open--;
            }
            int hopeless = result->limit == LIMIT_TIME || result->limit == LIMIT_MEMORY ||
                           result->limit == LIMIT_STEP_FAILED ||
                           (last && result->limit == LIMIT_STEPS);
            if (result->answer == LINEAR_NO ||
                (result->answer == LINEAR_UNDECIDED && hopeless)) {
                memcpy(order, mine, result->prefix * sizeof *order);
                goto end; /* a bad part decides for all */
            }
        }
    }
    if (open == 0 && parts_count) {
        result->answer = LINEAR_YES;
        result->limit = LIMIT_NONE;
        result->prefix = used;
        result->part_calls = count;
    }
end:
    if (parts_count) {
        free(parts[0].calls);
        free(parts[0].index);
    }
    free(parts);
    free(mine);
}
