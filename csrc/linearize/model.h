/* SPDX-License-Identifier: MIT */
/*
 * model: the sequential objects, each with one step forwards and one step back.
 *
 * Why       The search tries a call, goes on, and takes it back: a state is changed in place and
 *           never copied, and its hash changes with it.
 */
#ifndef LINEARIZE_MODEL_H
#define LINEARIZE_MODEL_H

#include "hash.h"
#include "heald/linearize.h"

struct model {
    uint32_t kind; /* enum linear_model */
    struct hash hash;
    int64_t value;     /* register, counter; MODEL_TABLE: the state's number */
    int64_t *cells;    /* stack: bottom first; queue: all ever put; set, map: by key */
    uint8_t *present;  /* set, map: by key */
    uint32_t *key_of;  /* set, map: call -> dense key */
    size_t head, tail; /* queue: cells[head..tail); stack: cells[0..tail) */
    struct step_memo *memo;
    const struct linear_options *options;
};

struct undo {
    int64_t value;
    uint8_t present;
};

enum step { STEP_REJECTED, STEP_SAME, STEP_CHANGED, STEP_GIVE_UP };

int model_open(struct model *model, const struct linear_options *options,
               const struct linear_call *calls, uint32_t count);
void model_close(struct model *model);

/* Applies a call; on STEP_CHANGED model_undo takes it back. `index` is that of the call. */
enum step model_apply(struct model *model, const struct linear_call *call, uint32_t index,
                      struct undo *undo);
void model_undo(struct model *model, const struct linear_call *call, uint32_t index,
                const struct undo *undo);

/* Whether a call with this result leaves every state that accepts it as it is. */
int model_never_changes(const struct linear_call *call);

#endif
