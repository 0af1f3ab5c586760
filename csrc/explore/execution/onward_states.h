/* SPDX-License-Identifier: MIT */
/*
 * onward_states: where the threads are that go round, and whether they all were there before.
 *
 * Why       Behaviour is a tree: a thread in its second round stands at other nodes than in its first. But a
 *           ROUND or an AWAIT says that it is where it was: so each node of the walk has a place, the
 *           first node found for what the thread does there.
 * State     The places of all threads; the latest value of each atomic location that is another than at
 *           the beginning; of each plain cell written since, at which place.
 */
#ifndef EXPLORE_ONWARD_STATES_H
#define EXPLORE_ONWARD_STATES_H

#include "execution/explorer.h"

enum {
    ONWARD_STATES = 3000, /* before nobody knows */
    ONWARD_STEPS = 6000,  /* of a thread, one after the other */
    ONWARD_WORDS = 512,   /* of a state */
    ONWARD_SLOTS = 1024
};

/* Where a reply leads from a place; the tree knows only what was done from its node itself. */
struct onward_edge {
    struct onward_edge *next;
    const struct node *from;
    struct node *to;
    uint64_t value[2];
    uint32_t tag;
};

struct onward_seen {
    struct onward_seen *next;
    size_t length; /* in words */
    uint64_t words[];
};

struct onward_thread {
    struct node **place; /* by position of the thread's events */
    size_t room;
};

struct onward_states {
    struct explorer *explorer;
    struct onward_thread *threads;
    size_t thread_count;
    size_t *mo_count; /* of each location, as it was at the beginning */
    size_t location_count, begin;
    size_t count, told;
    uint64_t telling[ONWARD_WORDS];
    struct onward_edge *edges[ONWARD_SLOTS];
    struct onward_seen *seen[ONWARD_SLOTS];
};

enum onward_state { ONWARD_STATE_NEW, ONWARD_STATE_SEEN, ONWARD_STATE_TOO_MANY };

/* What it needs is taken from the explorer's scratch memory. */
void onward_states_begin(struct onward_states *states, struct explorer *explorer);

/* The thread stands at `node` after all its events: 0 if there is no room to say where that is. */
int onward_states_place(struct onward_states *states, uint32_t thread, struct node *node);

/* The state in which all are now. */
enum onward_state onward_states_look(struct onward_states *states);

#endif
