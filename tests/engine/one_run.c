/* SPDX-License-Identifier: MIT */
/*
 * one_run: runs a program once, sequentially consistent, and prints every action.
 *
 * Why       The runtime must be right whatever the search does. This is the smallest search there
 *           is: one interleaving, real memory for atomics, a table for hidden locations.
 * Usage     one_run [--turns N] [--repeat R] PROGRAM.so [ARGUMENT...]
 *           Each thread makes up to N actions at a time (default: as many as it can). With R > 1 the
 *           program is restarted R - 1 times, and every run must print the same as the first.
 * Prints    One line an action: thread, kind, what is known of it. Then the program's output.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls/served.h"
#include "failure.h"
#include "host/names.h"
#include "program/crash.h"
#include "program/program.h"
#include "program/runtime.h"

enum { HIDDEN_ROOM = 256, LOG_ROOM = 1 << 20 };

struct waiting_thread {
    bool exists, is_over, has_next;
    struct action next;
    struct reply reply;
    bool has_reply;
    unsigned moves_seen; /* AWAIT: goes on once another thread has moved */
};

static struct runtime runtime;
static struct waiting_thread threads[LAYOUT_THREADS];
static uint32_t thread_count;
static struct {
    uintptr_t address;
    uint64_t value;
} hidden[HIDDEN_ROOM];
static size_t hidden_count;
static char log_text[LOG_ROOM], first_log[LOG_ROOM];
static size_t log_used;
static unsigned moves;

static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_used +=
        (size_t)vsnprintf(log_text + log_used, LOG_ROOM - log_used, format, arguments);
    va_end(arguments);
    if (log_used >= LOG_ROOM) {
        fprintf(stderr, "the log is full\n");
        exit(1);
    }
}

static const char *const kinds[] = {
    "load",  "store",  "rmw",   "cas",  "fence",  "read",  "write",
    "alloc", "free",   "spawn", "join", "finish", "await", "yield",
    "call",  "return", "exit",  "fail", "choose", "round", "cut",
};

static uint64_t *place_of(const struct action *action) {
    if (!(action->flags & ACTION_HIDDEN))
        return (uint64_t *)action->address;
    for (size_t i = 0; i < hidden_count; i++)
        if (hidden[i].address == action->address)
            return &hidden[i].value;
    hidden[hidden_count].address = action->address;
    hidden[hidden_count].value = 0;
    return &hidden[hidden_count++].value;
}

static bool guard_allows(const struct action *action) {
    uint64_t value = 0;
    if (action->guard == GUARD_NONE)
        return true;
    memcpy(&value, place_of(action), action->size);
    if (action->guard == GUARD_ROUND)
        return value >= action->guard_value;
    return (value == action->guard_value) == (action->guard == GUARD_EQUAL);
}

typedef unsigned __int128 wide;

static wide combine(uint8_t op, wide old, wide operand) {
    switch (op) {
    case OP_EXCHANGE:
        return operand;
    case OP_ADD:
        return old + operand;
    case OP_SUB:
        return old - operand;
    case OP_AND:
        return old & operand;
    case OP_OR:
        return old | operand;
    case OP_XOR:
        return old ^ operand;
    default:
        return ~(old & operand);
    }
}

static void print_action(uint32_t thread, const struct action *action) {
    struct names names = {.runtime = &runtime};
    char text[256];

    say("%u %s", thread, kinds[action->kind]);
    if (action->address)
        say(" %s", names_location(&names, action->address, text, sizeof text));
    if (action->length)
        say(" length=%zu", action->length);
    if (action->size)
        say(" size=%u order=%u", action->size, action->order);
    if (action->guard)
        say(" guard=%u:%llu", action->guard, (unsigned long long)action->guard_value);
    if (action->kind == ACTION_STORE || action->kind == ACTION_RMW ||
        action->kind == ACTION_CAS)
        say(" operand=%lld", (long long)action->operand[0]);
    if (action->kind == ACTION_JOIN || action->kind == ACTION_AWAIT ||
        action->kind == ACTION_EXIT)
        say(" %llu", (unsigned long long)action->operand[0]);
    if (action->kind == ACTION_FAIL)
        say(" [%s] %s", failure_word(action->failure), action->message);
    if (action->flags & ACTION_VOLATILE)
        say(" volatile");
}

/* Does what the action asks for; false if it has to wait. */
static bool perform(uint32_t thread) {
    struct waiting_thread *self = &threads[thread];
    const struct action *action = &self->next;
    struct reply *reply = &self->reply;
    uint64_t old[2] = {0, 0};
    uint64_t new_value[2];
    wide before;
    wide operand;

    memset(reply, 0, sizeof *reply);
    if (!guard_allows(action) ||
        (action->kind == ACTION_AWAIT && self->moves_seen == moves))
        return false;
    if (action->kind == ACTION_JOIN) {
        if (!threads[action->operand[0]].is_over)
            return false;
        reply->value[0] = threads[action->operand[0]].next.operand[0];
    }
    print_action(thread, action);
    switch (action->kind) {
    case ACTION_LOAD:
        memcpy(reply->value, place_of(action), action->size);
        say(" = %lld", (long long)reply->value[0]);
        break;
    case ACTION_STORE:
        memcpy(place_of(action), action->operand, action->size);
        break;
    case ACTION_RMW:
        memcpy(old, place_of(action), action->size);
        memcpy(&before, old, sizeof before);
        memcpy(&operand, action->operand, sizeof operand);
        before = combine(action->op, before, operand);
        memcpy(new_value, &before, sizeof before);
        memcpy(place_of(action), new_value, action->size);
        memcpy(reply->value, old, sizeof old);
        say(" = %lld", (long long)old[0]);
        break;
    case ACTION_CAS:
        memcpy(old, place_of(action), action->size);
        reply->succeeded = memcmp(old, action->expected, action->size) == 0;
        memcpy(reply->value, old, sizeof old);
        if (reply->succeeded)
            memcpy(place_of(action), action->operand, action->size);
        say(" = %lld %s", (long long)old[0], reply->succeeded ? "done" : "failed");
        break;
    case ACTION_SPAWN:
        reply->thread = thread_count;
        threads[thread_count++] = (struct waiting_thread){.exists = true};
        say(" = %u", reply->thread);
        break;
    case ACTION_FINISH:
    case ACTION_EXIT:
    case ACTION_FAIL:
        self->is_over = true;
        break;
    default:
        break;
    }
    say("\n");
    moves += action->kind != ACTION_AWAIT && action->kind != ACTION_LOAD &&
             action->kind != ACTION_READ &&
             !(action->kind == ACTION_CAS && !reply->succeeded);
    self->has_reply = true;
    self->has_next = false;
    return true;
}

static void ask_next(struct program *program, uint32_t thread) {
    struct waiting_thread *self = &threads[thread];

    program->step(program->self, thread, self->has_reply ? &self->reply : NULL,
                  &self->next);
    self->has_next = true;
    self->moves_seen = moves;
}

static bool advance(struct program *program, uint32_t thread) {
    struct waiting_thread *self = &threads[thread];

    if (!self->exists || self->is_over)
        return false;
    if (!self->has_next)
        ask_next(program, thread);
    bool is_spawn = self->next.kind == ACTION_SPAWN;
    bool is_done = perform(thread);
    if (is_spawn) /* the runtime learns the child's id from the reply */
        ask_next(program, thread);
    return is_done;
}

static void run(struct program *program, unsigned turns) {
    bool moved = true;
    bool has_ended = false;

    program->restart(program->self);
    memset(threads, 0, sizeof threads);
    hidden_count = 0;
    log_used = 0;
    thread_count = 1;
    threads[0].exists = true;
    while (moved && !has_ended) {
        moved = false;
        for (uint32_t i = 0; i < thread_count && !has_ended; i++)
            for (unsigned turn = 0; turn < turns && !has_ended && advance(program, i);
                 turn++) {
                moved = true;
                has_ended = threads[i].is_over && threads[i].next.kind != ACTION_FINISH;
            }
    }
    for (uint32_t i = 0; i < thread_count; i++)
        if (!threads[i].is_over && threads[i].has_next && !has_ended) {
            say("%u waits: ", i);
            print_action(i, &threads[i].next);
            say("\n");
        }
    say("output: %.*s\n", (int)runtime.printed.used, runtime.printed.bytes);
}

int main(int count, char **words) {
    unsigned turns = 1000000;
    unsigned repeat = 1;
    char problem[512];

    words++;
    while (words[0] && strncmp(words[0], "--", 2) == 0) {
        unsigned value = (unsigned)atoi(words[1]);
        if (strcmp(words[0], "--turns") == 0)
            turns = value;
        else if (strcmp(words[0], "--endless-ms") == 0)
            runtime.endless_ms = value;
        else if (strcmp(words[0], "--limit") == 0)
            runtime.step_limit = value;
        else
            repeat = value;
        words += 2;
    }
    (void)count;
    runtime.arguments = words;
    while (words[runtime.argument_count])
        runtime.argument_count++;
    if (!program_open(&runtime, words[0], served_address, problem, sizeof problem)) {
        printf("problem: %s\n", problem);
        return 2;
    }
    runtime.arguments[0] = strdup("program");
    crash_install();
    struct program program = program_of(&runtime);
    for (unsigned i = 0; i < repeat; i++) {
        run(&program, turns);
        if (i == 0)
            memcpy(first_log, log_text, log_used + 1);
        if (strcmp(first_log, log_text) != 0) {
            printf("run %u differs:\n%s--- first ---\n%s", i, log_text, first_log);
            return 1;
        }
    }
    fputs(log_text, stdout);
    return 0;
}
