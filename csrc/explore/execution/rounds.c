/* SPDX-License-Identifier: MIT */
/* rounds: see rounds.h. */
#include "execution/rounds.h"

#include "execution/events.h"
#include "execution/next.h"

struct round {
    const struct thread *thread;
    size_t from, to; /* positions of its events in the thread */
    uint8_t in_vain; /* as far as is known by now */
    uint8_t alone;   /* in vain whatever the other rounds are */
};

struct rounds {
    struct round *round;
    size_t count;
};

static void rounds_add(struct rounds *rounds, const struct thread *thread, size_t end,
                       uint64_t length) {
    size_t from = length < end ? end - (size_t)length : 0;
    rounds->round[rounds->count++] = (struct round){thread, from, end, 1, 0};
}

/* Of a round that still may be in vain? */
static struct round *round_of(const struct rounds *rounds, const struct event *event) {
    if (event->flags & EVENT_BASE)
        return NULL;
    for (size_t i = 0; i < rounds->count; i++) {
        struct round *round = &rounds->round[i];
        if (round->in_vain && round->thread->id == event->thread && event->index >= 0 &&
            (size_t)event->index >= round->from && (size_t)event->index < round->to)
            return round;
    }
    return NULL;
}

/* How many events of the thread are known to who synchronises by reading this write? */
static int32_t tells_of(const struct event *write, uint32_t thread) {
    const struct event *from = write->message_from;
    int32_t told = clock_at(write->message, thread), more = 0;
    if (from)
        more = from->thread == thread ? from->index + 1 : clock_at(from->hb, thread);
    return told > more ? told : more;
}

/* Does who reads `last` synchronise with all that they would by reading `before`? */
static int passes_on(const struct graph *graph, const struct event *before,
                     const struct event *last) {
    if (before->flags & EVENT_BASE)
        return 0; /* a plain write: too little is known of it */
    for (uint32_t t = 0; t < graph->thread_count; t++)
        if (tells_of(before, t) > tells_of(last, t))
            return 0;
    return 1;
}

static int is_unread(const struct rounds *rounds, const struct event *write) {
    for (const struct event *read = write->readers; read; read = read->next_reader)
        if (!(read->flags & EVENT_WAITING) && !round_of(rounds, read))
            return 0;
    return 1;
}

static int same_value(struct explorer *explorer, struct event *a, struct event *b) {
    uint64_t one[2], other[2];
    event_value_of(explorer, a, one);
    event_value_of(explorer, b, other);
    return one[0] == other[0] && one[1] == other[1];
}

/* Writes of rounds that stand next to each other in mo. */
struct stretch {
    const struct location *location;
    size_t first, last;
};

static struct stretch stretch_around(const struct rounds *rounds,
                                     const struct event *write) {
    struct stretch stretch = {write->location, write->mo, write->mo};
    struct event **mo = write->location->mo;
    while (stretch.first > 1 && round_of(rounds, mo[stretch.first - 1]))
        stretch.first--;
    while (stretch.last + 1 < write->location->mo_count &&
           round_of(rounds, mo[stretch.last + 1]))
        stretch.last++;
    return stretch;
}

/* The write of it that others have read though more of it follow; NULL: none. */
static struct event *stretch_seen(const struct rounds *rounds, struct stretch stretch) {
    for (size_t i = stretch.first; i < stretch.last; i++)
        if (!is_unread(rounds, stretch.location->mo[i]))
            return stretch.location->mo[i];
    return NULL;
}

static int stretch_changes(struct explorer *explorer, struct stretch stretch) {
    struct event *before = stretch.location->mo[stretch.first - 1];
    struct event *last = stretch.location->mo[stretch.last];
    return !same_value(explorer, before, last) ||
           !passes_on(&explorer->graph, before, last);
}

/* Somebody's round that is part of it, if possible not of one that is in vain alone. */
static struct round *stretch_blamed(const struct rounds *rounds, struct stretch stretch) {
    struct round *blamed = NULL;
    for (size_t i = stretch.first; i <= stretch.last; i++) {
        struct round *round = round_of(rounds, stretch.location->mo[i]);
        if (!blamed || blamed->alone)
            blamed = round;
    }
    return blamed;
}

/* The round that is to blame if these cannot be left out together; NULL: they can. */
static struct round *rounds_blamed(struct explorer *explorer, const struct rounds *rounds,
                                   int by_value) {
    for (size_t i = 0; i < rounds->count; i++) {
        struct round *round = &rounds->round[i];
        for (size_t e = round->from; round->in_vain && e < round->to; e++) {
            const struct event *event = round->thread->events[e];
            if (!(event->flags & EVENT_ATOMIC) || !(event->flags & EVENT_WRITES))
                continue;
            struct stretch stretch = stretch_around(rounds, event);
            struct event *seen = stretch_seen(rounds, stretch);
            if (seen)
                return round_of(rounds, seen);
            if (by_value && stretch_changes(explorer, stretch))
                return stretch_blamed(rounds, stretch);
        }
    }
    return NULL;
}

static int is_in_vain_alone(struct explorer *explorer, struct round round) {
    struct rounds alone = {&round, 1};
    return !rounds_blamed(explorer, &alone, 1);
}

/* Those that are left are in vain together. */
static void rounds_settle(struct explorer *explorer, const struct rounds *rounds) {
    for (size_t i = 0; i < rounds->count; i++)
        rounds->round[i].alone = (uint8_t)is_in_vain_alone(explorer, rounds->round[i]);
    for (int by_value = 0; by_value < 2; by_value++) {
        struct round *blamed = rounds_blamed(explorer, rounds, by_value);
        if (!blamed)
            continue;
        blamed->in_vain = 0;
        by_value = -1; /* once more, without it */
    }
}

/* Those that threads stand behind. */
static struct rounds rounds_standing(struct explorer *explorer) {
    const struct graph *graph = &explorer->graph;
    struct rounds rounds = {
        arena_take(&explorer->scratch, (graph->thread_count + 1) * sizeof(struct round)),
        0};
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        const struct node *node = next_node(explorer, t);
        if (node && node->kind == ACTION_ROUND)
            rounds_add(&rounds, &graph->threads[t], graph->threads[t].count,
                       node->action.operand[0]);
    }
    return rounds;
}

uint64_t rounds_in_vain(struct explorer *explorer) {
    struct arena_mark mark = arena_mark(&explorer->scratch);
    struct rounds rounds = rounds_standing(explorer);
    uint64_t set = 0;
    if (!explorer->abandoned)
        rounds_settle(explorer, &rounds);
    for (size_t i = 0; i < rounds.count; i++)
        if (rounds.round[i].in_vain || rounds.round[i].alone)
            set |= UINT64_C(1) << rounds.round[i].thread->id;
    arena_release(&explorer->scratch, mark);
    return set;
}

int rounds_were_in_vain(struct explorer *explorer) {
    const struct graph *graph = &explorer->graph;
    for (size_t i = 0; i < graph->count; i++) {
        const struct event *event = graph->sequence[i];
        struct round round;
        struct rounds rounds = {&round, 0};
        if (event->kind != ACTION_ROUND)
            continue;
        rounds_add(&rounds, &graph->threads[event->thread], (size_t)event->index,
                   event->node->action.operand[0]);
        if (is_in_vain_alone(explorer, round))
            return 1;
    }
    return 0;
}
