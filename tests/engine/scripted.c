/* SPDX-License-Identifier: MIT */
#include "scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heald/explore.h"

struct term {
    int reg; /* -1: none */
    int64_t number;
};

struct statement {
    char op;
    int reg;
    int variable;
    struct term a, b;
    uint8_t order, order_fail, rmw, compare;
    int jump;
    int pointer; /* 1 + the register that holds the address; 0: a variable */
};

struct state {
    uint64_t reg[8];
    int pc;
    int heap_used;  /* words of the thread's arena */
    uint64_t freed; /* the block it freed last: handed out again next */
    int effects;    /* so far */
    int effects_at[SCRIPT_STATEMENTS]; /* when the statement was last reached */
    int finished_steps;                /* thread 0: spawns and joins done */
    uint32_t ids[SCRIPT_THREADS];
};

struct script {
    struct statement statements[SCRIPT_THREADS + 1][SCRIPT_STATEMENTS];
    int length[SCRIPT_THREADS + 1]; /* the last one runs after the joins */
    int threads;
    int32_t role[256]; /* of a thread id: which thread's statements */
    struct state state[256];
    uint64_t memory[SCRIPT_VARIABLES];
    uint64_t initial[SCRIPT_VARIABLES];
    uint64_t heap[256][64];
    uint64_t plain_value; /* of a plain write that is on its way */
};

static void die(const char *text) {
    fprintf(stderr, "scripted: bad text near '%s'\n", text);
    exit(2);
}

static uint8_t order_of(const char *word) {
    static const char *const names[] = {"rlx", "con", "acq", "rel", "ar", "sc"};
    for (uint8_t i = 0; i < 6; i++)
        if (!strcmp(word, names[i]))
            return i;
    die(word);
    return 0;
}

static uint8_t rmw_of(const char *word) {
    static const char *const names[] = {"xchg", "add", "sub", "and", "or", "xor", "nand"};
    for (uint8_t i = 0; i < 7; i++)
        if (!strcmp(word, names[i]))
            return i;
    die(word);
    return 0;
}

static struct term term_of(const char *word) {
    struct term term = {-1, 0};
    if (word[0] >= 'a' && word[0] <= 'h') {
        term.reg = word[0] - 'a';
        if (word[1])
            term.number = strtoll(word + 1, NULL, 10);
    } else {
        term.number = strtoll(word, NULL, 10);
    }
    return term;
}

static int variable_of(const char *word) {
    if (word[0] < 'k' || word[0] > 'z')
        die(word);
    return word[0] - 'k';
}

static uint8_t compare_of(const char *word) {
    static const char *const names[] = {"==", "!=", "<", ">"};
    for (uint8_t i = 0; i < 4; i++)
        if (!strcmp(word, names[i]))
            return i;
    die(word);
    return 0;
}

static struct statement statement_of(char *text) {
    char *word[8] = {0};
    int count = 0;
    for (char *at = strtok(text, " \n\t"); at && count < 8; at = strtok(NULL, " \n\t"))
        word[count++] = at;
    struct statement s = {0};
    s.op = word[0][0];
    switch (s.op) {
    case 'W':
        s.variable = variable_of(word[1]), s.a = term_of(word[2]),
        s.order = order_of(word[3]);
        break;
    case 'R':
        s.reg = word[1][0] - 'a', s.variable = variable_of(word[2]),
        s.order = order_of(word[3]);
        break;
    case 'U':
        s.reg = word[1][0] - 'a', s.variable = variable_of(word[2]),
        s.rmw = rmw_of(word[3]);
        s.a = term_of(word[4]), s.order = order_of(word[5]);
        break;
    case 'C':
        s.reg = word[1][0] - 'a', s.variable = variable_of(word[2]),
        s.a = term_of(word[3]);
        s.b = term_of(word[4]), s.order = order_of(word[5]),
        s.order_fail = order_of(word[6]);
        break;
    case 'F':
        s.order = order_of(word[1]);
        break;
    case 'M':
    case 'X':
        s.reg = word[1][0] - 'a';
        if (s.op == 'M')
            s.a = term_of(word[2]);
        break;
    case 'g':
    case 'Q':
        s.reg = word[1][0] - 'a', s.pointer = word[2][0] - 'a' + 1;
        if (s.op == 'Q')
            s.order = order_of(word[3]);
        break;
    case 'p':
    case 'P':
        s.pointer = word[1][0] - 'a' + 1, s.a = term_of(word[2]);
        if (s.op == 'P')
            s.order = order_of(word[3]);
        break;
    case 'w':
        s.variable = variable_of(word[1]), s.a = term_of(word[2]);
        break;
    case 'r':
        s.reg = word[1][0] - 'a', s.variable = variable_of(word[2]);
        break;
    case 'L':
    case 'N':
        s.variable = variable_of(word[1]);
        break;
    case '?':
        s.reg = word[1][0] - 'a', s.compare = compare_of(word[2]), s.a = term_of(word[3]);
        s.jump = atoi(word[4]);
        break;
    case 'A':
        s.reg = word[1][0] - 'a', s.compare = compare_of(word[2]), s.a = term_of(word[3]);
        break;
    case 'J':
        s.jump = atoi(word[1]);
        break;
    default:
        die(word[0]);
    }
    return s;
}

static int parse_thread(char *text, struct statement *statements) {
    int count = 0;
    char *rest = text;
    while (rest) {
        char *end = strchr(rest, ';');
        if (end)
            *end = 0;
        if (strspn(rest, " \n\t") != strlen(rest)) {
            if (count == SCRIPT_STATEMENTS)
                die("too many statements");
            statements[count++] = statement_of(rest);
        }
        rest = end ? end + 1 : NULL;
    }
    return count;
}

struct script *script_parse(const char *text) {
    static struct script the_one; /* at an address that is the same in every process */
    struct script *script = &the_one;
    memset(script, 0, sizeof *script);
    char *copy = malloc(strlen(text) + 1);
    strcpy(copy, text);
    char *after = strchr(copy, '{');
    if (after) {
        *after++ = 0;
        after[strcspn(after, "}")] = 0;
    }
    char *rest = copy;
    while (rest) {
        char *end = strchr(rest, '|');
        if (end)
            *end = 0;
        script->length[script->threads] =
            parse_thread(rest, script->statements[script->threads]);
        if (++script->threads == SCRIPT_THREADS)
            die("too many threads");
        rest = end ? end + 1 : NULL;
    }
    if (after)
        script->length[SCRIPT_THREADS] =
            parse_thread(after, script->statements[SCRIPT_THREADS]);
    free(copy);
    return script;
}

void script_free(struct script *script) { (void)script; }

void script_initial(struct script *script, char variable, uint64_t value) {
    script->initial[variable - 'k'] = value;
}

void script_heap(const struct script *script, uintptr_t *begin, uintptr_t *end) {
    *begin = (uintptr_t)script->heap;
    *end = *begin + sizeof script->heap;
}

uintptr_t script_address(const struct script *script, char variable) {
    return (uintptr_t)&script->memory[variable - 'k'];
}

/* --- running ------------------------------------------------------------------------------ */

static void restart(void *self) {
    struct script *script = self;
    memset(script->state, 0, sizeof script->state);
    memcpy(script->memory, script->initial, sizeof script->memory);
    memset(script->heap, 0xA5, sizeof script->heap);
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
    if (s->op == 'C')
        next->expected[0] = evaluate(state, s->a);
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
