/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* qsort_r */
#include "model.h"

#include "step_memo.h"

#include <stdlib.h>

/* What a part of a state is hashed under, beside its position. */
#define VALUE_PART ((uint64_t)1 << 40)

static enum step checked(const struct linear_call *call, int64_t result,
                         enum step otherwise) {
    return call->checked && call->result != result ? STEP_REJECTED : otherwise;
}

static enum step set_value(struct model *model, int64_t value, struct undo *undo) {
    undo->value = model->value;
    if (value == model->value)
        return STEP_SAME;
    hash_flip(&model->hash, VALUE_PART, (uint64_t)model->value);
    hash_flip(&model->hash, VALUE_PART, (uint64_t)value);
    model->value = value;
    return STEP_CHANGED;
}

static enum step apply_register(struct model *model, const struct linear_call *call,
                                struct undo *undo) {
    int64_t old = model->value;
    int succeeds = call->argument[0] == old;
    switch (call->code) {
    case CODE_READ:
        return checked(call, old, STEP_SAME);
    case CODE_WRITE:
        return set_value(model, call->argument[0], undo);
    case CODE_SWAP:
        return checked(call, old, STEP_SAME) == STEP_REJECTED
                   ? STEP_REJECTED
                   : set_value(model, call->argument[0], undo);
    case CODE_CAS:
        if (checked(call, succeeds, STEP_SAME) == STEP_REJECTED)
            return STEP_REJECTED;
        return succeeds ? set_value(model, call->argument[1], undo) : STEP_SAME;
    default:
        return STEP_GIVE_UP;
    }
}

static enum step apply_counter(struct model *model, const struct linear_call *call,
                               struct undo *undo) {
    /* Wraps like the machine does. */
    int64_t after = (int64_t)((uint64_t)model->value + (uint64_t)call->argument[0]);
    int64_t result = call->code == CODE_ADD_FETCH ? after : model->value;
    if (call->code == CODE_READ)
        return checked(call, model->value, STEP_SAME);
    if (call->code != CODE_ADD && call->code != CODE_FETCH_ADD &&
        call->code != CODE_ADD_FETCH)
        return STEP_GIVE_UP;
    if (call->code != CODE_ADD && checked(call, result, STEP_SAME) == STEP_REJECTED)
        return STEP_REJECTED;
    return set_value(model, after, undo);
}

static enum step put(struct model *model, int64_t value) {
    hash_flip(&model->hash, model->tail, (uint64_t)value);
    model->cells[model->tail++] = value;
    return STEP_CHANGED;
}

static enum step apply_stack(struct model *model, const struct linear_call *call,
                             struct undo *undo) {
    if (call->code == CODE_PUT)
        return put(model, call->argument[0]);
    if (call->code != CODE_TAKE)
        return STEP_GIVE_UP;
    if (model->tail == 0)
        return checked(call, LINEARIZE_NONE, STEP_SAME);
    undo->value = model->cells[model->tail - 1];
    if (checked(call, undo->value, STEP_CHANGED) == STEP_REJECTED)
        return STEP_REJECTED;
    model->tail--;
    hash_flip(&model->hash, model->tail, (uint64_t)undo->value);
    return STEP_CHANGED;
}

static enum step apply_queue(struct model *model, const struct linear_call *call) {
    if (call->code == CODE_PUT)
        return put(model, call->argument[0]);
    if (call->code != CODE_TAKE)
        return STEP_GIVE_UP;
    if (model->head == model->tail)
        return checked(call, LINEARIZE_NONE, STEP_SAME);
    int64_t first = model->cells[model->head];
    if (checked(call, first, STEP_CHANGED) == STEP_REJECTED)
        return STEP_REJECTED;
    hash_flip(&model->hash, model->head, (uint64_t)first);
    model->head++;
    return STEP_CHANGED;
}

static enum step set_cell(struct model *model, uint32_t key, uint8_t present,
                          int64_t value, struct undo *undo) {
    undo->value = model->cells[key];
    undo->present = model->present[key];
    if (present == undo->present && (!present || value == undo->value))
        return STEP_SAME;
    if (undo->present)
        hash_flip(&model->hash, key, (uint64_t)undo->value);
    if (present)
        hash_flip(&model->hash, key, (uint64_t)value);
    model->present[key] = present;
    model->cells[key] = value;
    return STEP_CHANGED;
}

static enum step apply_set(struct model *model, const struct linear_call *call,
                           uint32_t key, struct undo *undo) {
    int there = model->present[key];
    int result = call->code == CODE_INSERT ? !there : there;
    if (call->code < CODE_INSERT || call->code > CODE_CONTAINS)
        return STEP_GIVE_UP;
    if (checked(call, result, STEP_SAME) == STEP_REJECTED)
        return STEP_REJECTED;
    if (call->code == CODE_CONTAINS)
        return STEP_SAME;
    return set_cell(model, key, call->code == CODE_INSERT, 0, undo);
}

static enum step apply_map(struct model *model, const struct linear_call *call,
                           uint32_t key, struct undo *undo) {
    int64_t old = model->present[key] ? model->cells[key] : LINEARIZE_NONE;
    if (call->code < CODE_MAP_PUT || call->code > CODE_MAP_DELETE)
        return STEP_GIVE_UP;
    if (call->code == CODE_MAP_PUT)
        return set_cell(model, key, 1, call->argument[1], undo);
    if (checked(call, old, STEP_SAME) == STEP_REJECTED)
        return STEP_REJECTED;
    return call->code == CODE_MAP_GET ? STEP_SAME : set_cell(model, key, 0, 0, undo);
}

static enum step apply_table(struct model *model, const struct linear_call *call,
                             struct undo *undo) {
    int64_t next = step_memo_ask(model->memo, model->options, model->value, call->code);
    if (next < 0)
        return next == -1 ? STEP_REJECTED : STEP_GIVE_UP;
    return set_value(model, next, undo);
}

enum step model_apply(struct model *model, const struct linear_call *call, uint32_t index,
                      struct undo *undo) {
    switch (model->kind) {
    case MODEL_REGISTER:
        return apply_register(model, call, undo);
    case MODEL_COUNTER:
        return apply_counter(model, call, undo);
    case MODEL_STACK:
        return apply_stack(model, call, undo);
    case MODEL_QUEUE:
        return apply_queue(model, call);
    case MODEL_SET:
        return apply_set(model, call, model->key_of[index], undo);
    case MODEL_MAP:
        return apply_map(model, call, model->key_of[index], undo);
    default:
        return apply_table(model, call, undo);
    }
}

void model_undo(struct model *model, const struct linear_call *call, uint32_t index,
                const struct undo *undo) {
    struct undo ignored;
    if (model->kind == MODEL_SET || model->kind == MODEL_MAP) {
        set_cell(model, model->key_of[index], undo->present, undo->value, &ignored);
    } else if (model->kind != MODEL_STACK && model->kind != MODEL_QUEUE) {
        set_value(model, undo->value, &ignored);
    } else if (call->code == CODE_PUT) {
        model->tail--;
        hash_flip(&model->hash, model->tail, (uint64_t)model->cells[model->tail]);
    } else if (model->kind == MODEL_STACK) {
        put(model, undo->value);
    } else {
        model->head--;
        hash_flip(&model->hash, model->head, (uint64_t)model->cells[model->head]);
    }
}

static int by_key(const void *a, const void *b, void *context) {
    const struct linear_call *calls = context;
    int64_t x = calls[*(const uint32_t *)a].argument[0];
    int64_t y = calls[*(const uint32_t *)b].argument[0];
    return (x > y) - (x < y);
}

/* Keys are any numbers; cells want them dense: equal keys get equal small numbers. */
static int number_keys(struct model *model, const struct linear_call *calls,
                       uint32_t count) {
    uint32_t *sorted = malloc((count + 1) * sizeof *sorted);
    model->key_of = malloc((count + 1) * sizeof *model->key_of);
    if (!sorted || !model->key_of) {
        free(sorted);
        return 0;
    }
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = i;
    qsort_r(sorted, count, sizeof *sorted, by_key, (void *)(uintptr_t)calls);
    uint32_t key = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i && calls[sorted[i]].argument[0] != calls[sorted[i - 1]].argument[0])
            key++;
        model->key_of[sorted[i]] = key;
    }
    free(sorted);
    return 1;
}

int model_open(struct model *model, const struct linear_options *options,
               const struct linear_call *calls, uint32_t count) {
    *model = (struct model){.kind = options->model, .options = options};
    int cells = model->kind >= MODEL_STACK && model->kind <= MODEL_MAP;
    int keys = model->kind == MODEL_SET || model->kind == MODEL_MAP;
    if (model->kind == MODEL_REGISTER || model->kind == MODEL_COUNTER)
        model->value = options->initial;
    if (cells && !(model->cells = calloc((size_t)count + 1, sizeof *model->cells)))
        return 0;
    if (keys && !(model->present = calloc((size_t)count + 1, 1)))
        return 0;
    if (keys && !number_keys(model, calls, count))
        return 0;
    if (model->kind == MODEL_TABLE && !(model->memo = step_memo_open()))
        return 0;
    return 1;
}

void model_close(struct model *model) {
    free(model->cells);
    free(model->present);
    free(model->key_of);
    step_memo_close(model->memo);
}

int model_never_changes(const struct linear_call *call) {
    if (!call->checked)
        return 0;
    switch (call->code) {
    case CODE_READ:
    case CODE_CONTAINS:
    case CODE_MAP_GET:
        return 1;
    case CODE_CAS:
    case CODE_INSERT:
    case CODE_REMOVE:
        return call->result == 0;
    case CODE_TAKE:
    case CODE_MAP_DELETE:
        return call->result == LINEARIZE_NONE;
    default:
        return 0;
    }
}
