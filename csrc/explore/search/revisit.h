/* SPDX-License-Identifier: MIT */
/*
 * revisit: which reads may be made to read a write that came after them, and the cut this needs.
 *
 * Rule      A revisit of read r by write w deletes what was added after r and is not in w's prefix. It
 *           is made only from the one graph in which r and all that is deleted are *maximal*: reads
 *           read the mo-latest write, writes are mo-last, among what was there before them or is in
 *           w's prefix. So every graph is reached once.
 * Source    TruSt, POPL 2022, Algorithm 1 (IsMaximallyAdded).
 */
#ifndef EXPLORE_REVISIT_H
#define EXPLORE_REVISIT_H

#include "execution/explorer.h"

struct revisits {
    struct event **read;
    size_t count;
};

/* The reads that `write` may revisit; lives in `arena`. The write need not be linked. */
struct revisits revisit_reads(struct graph *graph, struct arena *arena,
                              const struct event *write);

/* What a cut took out, to be put back. */
struct cut {
    struct event **tail; /* the sequence from the read on, as it was */
    size_t position, count;
    size_t deleted; /* of them, deleted, the read first; marked by `is_deleted` */
    unsigned char *is_deleted;
};

/* Takes out `read` and what a revisit by `write` deletes. */
struct cut revisit_cut(struct graph *graph, struct arena *arena, struct event *read,
                       const struct event *write);
/* Puts the revisited read where the old one was in the sequence. */
void revisit_link(struct graph *graph, const struct cut *cut, struct event *read,
                  uint32_t mo);
void revisit_unlink(struct graph *graph, const struct cut *cut, struct event *read);
/* The graph as it was; everything linked since must be unlinked again. */
void revisit_undo(struct graph *graph, const struct cut *cut);

#endif
