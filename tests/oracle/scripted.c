/* SPDX-License-Identifier: MIT */
/*
 * scripted: drives the search with litmus programs, without compiler, fibers or hooks in between.
 *
 * Why       When a graph is missing, this tells the search's fault from the runtime's; and it
 *           compares thousands of programs a minute.
 * Input     One line per program: model (sc, tso, rc11; with a + behind it, by symmetry), then the
 *           numbers of printer.to_numbers().
 * Output    Per program: one JSON line per execution, in the form of the explorer's --dump; then
 *           "= EXECUTIONS BLOCKED", the search's own counts.
 */
#include <heald/explore.h>

#include "action.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 4, MOST_STEPS = 24, REGISTERS = 8, MOST_LINE = 4096 };
enum what { LOAD, STORE, EXCHANGE, ADD, SUB, AND, OR, XOR, NAND, CAS, FENCE, UNLESS, SKIP,
            CAS_WEAK };

struct step {
    int what, location, order, failure, target, constant, source, expected;
};

struct script {
    int threads;
    int length[MOST_THREADS];
    struct step steps[MOST_THREADS][MOST_STEPS];
    /* state of one run */
    int main_at;
    uint32_t id[MOST_THREADS];
    int at[MOST_THREADS];
    int target[MOST_THREADS]; /* register that the last action's reply goes to, or -1 */
    int32_t registers[MOST_THREADS][REGISTERS];
};

static int32_t memory[4];
static const char *const names[] = {"x+0", "y+0", "z+0", "w+0"};

static void restart(void *self) {
    struct script *script = self;
    script->main_at = 0;
    memset(script->at, 0, sizeof script->at);
    memset(script->registers, 0, sizeof script->registers);
    memset(script->target, -1, sizeof script->target);
    memset(memory, 0, sizeof memory);
}

/* Threads of equal text start in the same way. */
static uint64_t first_like(const struct script *script, int thread) {
    int first = 0;
    while (script->length[first] != script->length[thread] ||
           memcmp(script->steps[first], script->steps[thread], sizeof script->steps[first]))
        first++;
    return (uint64_t)first;
}

static void step_main(struct script *script, const struct reply *reply, struct action *next) {
    if (script->main_at >= 1 && script->main_at <= script->threads)
        script->id[script->main_at - 1] = reply->thread;
    if (script->main_at < script->threads) {
        next->kind = ACTION_SPAWN;
        next->operand[1] = first_like(script, script->main_at);
    } else if (script->main_at < 2 * script->threads) {
        next->kind = ACTION_JOIN;
        next->operand[0] = script->id[script->main_at - script->threads];
    } else {
        next->kind = ACTION_FINISH;
    }
    script->main_at++;
}

static void fill_access(const struct step *step, int32_t value, struct action *next) {
    static const uint8_t kinds[] = {ACTION_LOAD, ACTION_STORE, ACTION_RMW, ACTION_RMW, ACTION_RMW,
                                    ACTION_RMW,  ACTION_RMW,   ACTION_RMW, ACTION_RMW, ACTION_CAS,
                                    ACTION_FENCE};
    next->kind = step->what == CAS_WEAK ? ACTION_CAS : kinds[step->what];
    next->flags = step->what == CAS_WEAK ? ACTION_WEAK : 0;
    next->order = (uint8_t)step->order;
    if (step->what == FENCE)
        return;
    next->order_fail = (uint8_t)step->failure;
    next->op = (uint8_t)(next->kind == ACTION_RMW ? step->what - EXCHANGE : 0);
    next->size = sizeof memory[0];
    next->address = (uintptr_t)&memory[step->location];
    next->operand[0] = (uint32_t)value;
    next->expected[0] = (uint32_t)step->expected;
}

static void step_thread(struct script *script, int thread, const struct reply *reply,
                        struct action *next) {
    int32_t *registers = script->registers[thread];
    if (reply != NULL && script->target[thread] >= 0)
        registers[script->target[thread]] = (int32_t)(uint32_t)reply->value[0];
    script->target[thread] = -1;
    for (;;) {
        const struct step *step = &script->steps[thread][script->at[thread]];
        if (script->at[thread]++ >= script->length[thread]) {
            next->kind = ACTION_FINISH;
            return;
        }
        if (step->what == SKIP)
            script->at[thread] += step->source;
        else if (step->what == UNLESS)
            script->at[thread] += registers[step->target] == step->constant ? 0 : step->source;
        else {
            uint32_t value = (uint32_t)step->constant;
            if (step->what != FENCE && step->source >= 0)
                value += (uint32_t)registers[step->source];
            if (step->what != STORE && step->what != FENCE)
                script->target[thread] = step->target;
            fill_access(step, (int32_t)value, next);
            return;
        }
    }
}

static void step(void *self, uint32_t thread, const struct reply *reply, struct action *next) {
    memset(next, 0, sizeof *next);
    if (thread == 0)
        step_main(self, reply, next);
    else
        step_thread(self, (int)thread - 1, reply, next);
}

static const char *kind_of(const struct explore_event *event) {
    if (event->action->kind == ACTION_FENCE)
        return "F";
    if (event->reads)
        return event->writes ? "U" : "R";
    return event->writes ? "W" : "S";
}

static void print_event(const struct explore_event *event) {
    static const char *const orders[] = {"rlx", "acq", "acq", "rel", "ar", "sc"};
    printf("{\"k\":\"%s\",\"o\":\"%s\"", kind_of(event), orders[event->order % 6]);
    if (event->reads || event->writes)
        printf(",\"at\":\"%s\"", names[(event->action->address - (uintptr_t)memory) / 4 % 4]);
    if (event->reads)
        printf(",\"r\":%d", (int32_t)(uint32_t)event->value_read[0]);
    if (event->writes)
        printf(",\"w\":%d", (int32_t)(uint32_t)event->value_written[0]);
    if (event->reads && event->rf_thread >= 0)
        printf(",\"rf\":[%d,%u]", event->rf_thread, event->rf_index);
    printf("}");
}

static void print_orders(const struct explore_view *view) {
    for (uint32_t i = 0, shown = 0; i < explore_view_locations(view); i++) {
        uint32_t size, writes, thread, index;
        uintptr_t address = explore_view_location(view, i, &size, &writes);
        size_t which = (address - (uintptr_t)memory) / sizeof memory[0];
        if (which >= 4 || writes == 0)
            continue;
        printf("%s\"%s\":[", shown++ ? "," : "", names[which]);
        for (uint32_t position = 1; position <= writes; position++) {
            explore_view_write(view, i, position, &thread, &index);
            printf("%s[%u,%u]", position > 1 ? "," : "", thread, index);
        }
        printf("]");
    }
}

static int print_execution(void *self, const struct explore_view *view) {
    (void)self;
    printf("{\"threads\":[");
    for (uint32_t thread = 0; thread < explore_view_threads(view); thread++) {
        printf("%s[", thread ? "," : "");
        for (uint32_t i = 0; i < explore_view_length(view, thread); i++) {
            struct explore_event event;
            explore_view_event(view, thread, i, &event);
            if (i)
                printf(",");
            print_event(&event);
        }
        printf("]");
    }
    printf("],\"mo\":{");
    print_orders(view);
    printf("}}\n");
    return 0;
}

static void read_script(char *text, struct script *script) {
    memset(script, 0, sizeof *script);
    for (char *end = text; script->threads < MOST_THREADS; script->threads++) {
        int thread = script->threads;
        long length = strtol(text, &end, 10);
        if (end == text || length > MOST_STEPS)
            return;
        script->length[thread] = (int)length;
        for (int i = 0; i < script->length[thread]; i++) {
            int field[8];
            for (int k = 0; k < 8; k++)
                field[k] = (int)strtol(end, &end, 10);
            script->steps[thread][i] = (struct step){field[0], field[1], field[2], field[3],
                                                     field[4], field[5], field[6], field[7]};
        }
        text = end;
    }
}

int main(void) {
    static char line[MOST_LINE];
    static struct script script;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *text = strchr(line, ' ');
        if (text == NULL)
            return 2;
        read_script(text, &script);
        struct explore_options options = {
            .model = line[0] == 's'   ? EXPLORE_SC
                     : line[0] == 't' ? EXPLORE_TSO
                                      : EXPLORE_RC11,
            .weak_failures = 1,
            .symmetry = text[-1] == '+',
            .callbacks = {.on_execution = print_execution},
        };
        struct explore_result result;
        struct program program = {&script, restart, step};
        if (explore(&program, &options, &result) != 0)
            return 3;
        printf("= %llu %llu %u\n", (unsigned long long)result.executions,
               (unsigned long long)result.blocked, (unsigned)result.first.kind);
        fflush(stdout);
    }
    return 0;
}
