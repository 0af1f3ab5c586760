/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        s.order_fail = order_of(word[6]), s.weak = word[7] != NULL;
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
