/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <string.h>

#include "heald/explore.h"

static void restart(void *self) {
    struct script *script = self;
    size_t threads = (size_t)script->threads + 1; /* what nobody used is as it was */
    memset(script->state, 0, threads * sizeof *script->state);
    memcpy(script->memory, script->initial, sizeof script->memory);
    memset(script->heap, 0xA5, threads * sizeof *script->heap);
    for (int i = 0; i < 256; i++)
        script->role[i] = -1;
    script->role[0] = SCRIPT_THREADS;
}

static uint64_t evaluate(const struct state *state, struct term term) {
    return (term.reg >= 0 ? state->reg[term.reg] : 0) + (uint64_t)term.number;
}

static int compares(const struct state *state, const struct statement *s) {
    int64_t left = (int64_t)state->reg[s->reg], right = (int64_t)evaluate(state, s->a);
    switch (s->compare) {
    case 0:
        return left == right;
    case 1:
        return left != right;
    case 2:
        return left < right;
    default:
        return left > right;
    }
}

static uintptr_t next_block(const struct script *script, const struct state *state) {
    if (state->freed)
        return (uintptr_t)state->freed;
    return (uintptr_t)&script->heap[state - script->state][state->heap_used];
}

static void fill(const struct script *script, const struct state *state,
                 const struct statement *s, struct action *next) {
    static const uint8_t kinds[128] = {
        ['W'] = ACTION_STORE, ['R'] = ACTION_LOAD,  ['U'] = ACTION_RMW,
        ['C'] = ACTION_CAS,   ['F'] = ACTION_FENCE, ['w'] = ACTION_WRITE,
        ['r'] = ACTION_READ,  ['L'] = ACTION_CAS,   ['N'] = ACTION_STORE,
        ['M'] = ACTION_ALLOC, ['X'] = ACTION_FREE,  ['g'] = ACTION_READ,
        ['p'] = ACTION_WRITE, ['Q'] = ACTION_LOAD,  ['P'] = ACTION_STORE};
    next->kind = kinds[(int)s->op];
    next->order = s->order;
    next->order_fail = s->order_fail;
    next->size = 8;
    next->site = (uint32_t)(state->pc + 1);
    next->address = (uintptr_t)&script->memory[s->variable];
    next->op = s->rmw;
    next->operand[0] = evaluate(state, s->op == 'C' ? s->b : s->a);
    if (s->op == 'F')
        next->address = 0, next->operand[0] = 0, next->size = 0;
    if (s->op == 'C') {
        next->expected[0] = evaluate(state, s->a);
        next->flags = s->weak ? ACTION_WEAK : 0;
    }
    if (s->pointer)
        next->address = (uintptr_t)state->reg[s->pointer - 1];
    if (s->op == 'X')
        next->address = (uintptr_t)state->reg[s->reg], next->size = 0;
    if (s->op == 'M') {
        next->address = next_block(script, state);
        next->length = 8 * (size_t)evaluate(state, s->a);
        next->size = 0, next->operand[0] = 0;
    }
    if (strchr("wrgp", s->op)) {
        next->length = 8, next->size = 0;
        next->operand[0] = 0;
    }
    if (s->op == 'L' || s->op == 'N') {
        next->flags = ACTION_HIDDEN;
        next->address = UINT64_C(1) << 63 | (uint64_t)(s->variable * 8);
        next->order = s->op == 'L' ? ORDER_ACQUIRE : ORDER_RELEASE;
        next->operand[0] = s->op == 'L';
        if (s->op == 'L')
            next->guard = GUARD_EQUAL;
    }
}

static void advance(struct script *script, uint32_t thread, int role,
                    struct action *next) {
    struct state *state = &script->state[thread];
    while (state->pc < script->length[role]) {
        const struct statement *s = &script->statements[role][state->pc];
        state->effects_at[state->pc] = state->effects;
        if (s->op == 'J' || s->op == '?') {
            int taken = s->op == 'J' || compares(state, s);
            state->pc += 1 + (taken ? s->jump : 0);
            if (taken && s->jump < 0 && state->effects_at[state->pc] == state->effects) {
                next->kind = ACTION_AWAIT;
                next->operand[0] = 1;
                return;
            }
        } else if (s->op == 'A') {
            if (!compares(state, s)) {
                next->kind = ACTION_FAIL;
                next->failure = FAILURE_ASSERT;
                next->message = "assertion failed";
                return;
            }
            state->pc++;
        } else {
            fill(script, state, s, next);
            return;
        }
    }
    next->kind = ACTION_FINISH;
}

static void obey(struct script *script, uint32_t thread, int role,
                 const struct reply *reply) {
    struct state *state = &script->state[thread];
    const struct statement *s = &script->statements[role][state->pc];
    if (s->op == 'r')
        state->reg[s->reg] = script->memory[s->variable];
    if (s->op == 'w')
        script->memory[s->variable] = evaluate(state, s->a);
    if (s->op == 'g')
        state->reg[s->reg] = *(const uint64_t *)(uintptr_t)state->reg[s->pointer - 1];
    if (s->op == 'p')
        *(uint64_t *)(uintptr_t)state->reg[s->pointer - 1] = evaluate(state, s->a);
    if (s->op == 'M') {
        state->reg[s->reg] = next_block(script, state);
        if (!state->freed)
            state->heap_used += 2 + (int)evaluate(state, s->a);
        state->freed = 0;
    }
    if (s->op == 'X')
        state->freed = state->reg[s->reg];
    int exchanges_same =
        s->op == 'U' && s->rmw == OP_EXCHANGE && evaluate(state, s->a) == reply->value[0];
    if (strchr("WwNpPMX", s->op) || (s->op == 'U' && !exchanges_same) ||
        (s->op == 'C' && reply->succeeded))
        state->effects++;
    if (strchr("RUCQ", s->op))
        state->reg[s->reg] = reply->value[0];
    state->pc++;
}

/* The first thread of the same text: what tells start routines apart. */
static uint64_t routine_of(const struct script *script, int thread) {
    int first = 0;
    while (script->length[first] != script->length[thread] ||
           memcmp(script->statements[first], script->statements[thread],
                  sizeof script->statements[first]) != 0)
        first++;
    return (uint64_t)first + 1;
}

static void step(void *self, uint32_t thread, const struct reply *reply,
                 struct action *next) {
    struct script *script = self;
    struct state *state = &script->state[thread];
    int role = script->role[thread];
    if (thread == 0 && state->finished_steps < 2 * script->threads) {
        if (reply && state->finished_steps < script->threads) {
            state->ids[state->finished_steps] = reply->thread;
            script->role[reply->thread] = state->finished_steps;
        }
        if (reply)
            state->finished_steps++;
        if (state->finished_steps < script->threads) {
            next->kind = ACTION_SPAWN;
            next->operand[0] = routine_of(script, state->finished_steps);
            return;
        }
        if (state->finished_steps < 2 * script->threads) {
            next->kind = ACTION_JOIN;
            next->operand[0] = state->ids[state->finished_steps - script->threads];
            return;
        }
    } else if (reply) {
        obey(script, thread, role, reply);
    }
    advance(script, thread, role, next);
}

struct program script_program(struct script *script) {
    return (struct program){script, restart, step};
}
