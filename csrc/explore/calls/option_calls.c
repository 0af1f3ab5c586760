/* SPDX-License-Identifier: MIT */
/*
 * option_calls: getopt and getopt_long, with the variables that they set.
 *
 * State     `optind`, `optarg` and where in a word to go on are memory that all threads share: calls of
 *           two threads race.
 * Order     As glibc has it: what is no option moves behind the options, unless the list of letters
 *           begins with `+`; with `-` it is an option with the number 1.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/library_data.h"
#include "program/runtime.h"

struct words {
    char **word;
    int count;
    const char *letters;
    const struct option *longs;
    int *chosen;
    bool one_dash; /* getopt_long_only */
    uint32_t site;
    /* The variables, here from when they are read until they are written. */
    int index, wrong;
    int first, last; /* words of no option that were passed */
    char *argument, *place;
};

static void reads(const void *memory, size_t bytes, uint32_t site) {
    access_ask_block(ACTION_READ, memory, bytes, site);
}

static void writes(const void *memory, size_t bytes, uint32_t site) {
    access_ask_block(ACTION_WRITE, memory, bytes, site);
}

/* Whether the letters begin with a sign that says what to do with words of no option. */
static bool is_ordered(const struct words *words) {
    return words->letters[0] == '+' || words->letters[0] == '-';
}

static bool is_silent(struct words *words) {
    return words->letters[is_ordered(words)] == ':' ||
           !*(int *)library_data_address("opterr");
}

__attribute__((format(printf, 2, 3))) static void complain(struct words *words,
                                                           const char *format, ...) {
    char text[256];
    va_list arguments;

    if (is_silent(words))
        return;
    runtime_used_stack(16384);
    int length = snprintf(text, sizeof text, "%.64s: ", words->word[0]);
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    va_end(arguments);
    size_t whole = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    printed_add(&the_runtime->printed, text, whole);
    printed_add(&the_runtime->printed, "\n", 1);
}

/* The answer where an argument is missing. */
static int missing(struct words *words) {
    return words->letters[is_ordered(words)] == ':' ? ':' : '?';
}

/* The options that came behind words of none go before those. */
static void exchange(struct words *words) {
    size_t options = (size_t)(words->index - words->last);

    if (words->first != words->last && options)
        writes(&words->word[words->first],
               (size_t)(words->index - words->first) * sizeof *words->word, words->site);
    for (size_t i = 0; words->first != words->last && i < options; i++) {
        int from = words->last + (int)i, to = words->first + (int)i;
        char *moved = words->word[from];
        memmove(&words->word[to + 1], &words->word[to],
                (size_t)(from - to) * sizeof *words->word);
        words->word[to] = moved;
    }
    words->first += (int)options;
    words->last = words->index;
}

static bool is_option(const char *word) { return word && word[0] == '-' && word[1]; }

/* --- long options ----------------------------------------------------------------------- */

static bool is_same(const struct option *a, const struct option *b) {
    return a->has_arg == b->has_arg && a->flag == b->flag && a->val == b->val;
}

static const struct option *find_long(struct words *words, const char *name,
                                      size_t length, bool *is_ambiguous) {
    const struct option *found = NULL;

    for (const struct option *each = words->longs; each->name; each++) {
        if (strncmp(each->name, name, length) != 0)
            continue;
        if (each->name[length] == '\0') {
            *is_ambiguous = false;
            return each;
        }
        *is_ambiguous |= found && !is_same(found, each);
        found = found ? found : each;
    }
    return found;
}

static void complain_of_many(struct words *words, const char *name, size_t length) {
    char text[200] = "";
    size_t used = 0;

    for (const struct option *each = words->longs; each->name; each++)
        if (strncmp(each->name, name, length) == 0 && used < sizeof text - 40)
            used += (size_t)snprintf(text + used, sizeof text - used, " '--%.32s'",
                                     each->name);
    complain(words, "option '--%s' is ambiguous; possibilities:%s", name, text);
}

static int chosen_long(struct words *words, const struct option *option) {
    if (words->chosen) {
        writes(words->chosen, sizeof *words->chosen, words->site);
        *words->chosen = (int)(option - words->longs);
    }
    if (!option->flag)
        return option->val;
    writes(option->flag, sizeof *option->flag, words->site);
    *option->flag = option->val;
    return 0;
}

static int take_long(struct words *words, const char *name, int next) {
    size_t length = strcspn(name, "=");
    bool is_ambiguous = false;
    const struct option *option = find_long(words, name, length, &is_ambiguous);

    words->wrong = 0;
    if (is_ambiguous)
        complain_of_many(words, name, length);
    else if (!option)
        complain(words, "unrecognized option '--%s'", name);
    if (!option || is_ambiguous)
        return '?';
    if (name[length] == '=') {
        words->wrong = option->val;
        if (option->has_arg == no_argument) {
            complain(words, "option '--%s' doesn't allow an argument", option->name);
            return '?';
        }
        words->argument = (char *)(uintptr_t)(name + length + 1);
    } else if (option->has_arg == required_argument) {
        words->wrong = option->val;
        if (next >= words->count) {
            complain(words, "option '--%s' requires an argument", option->name);
            return missing(words);
        }
        words->argument = words->word[next];
        ++words->index;
    }
    return chosen_long(words, option);
}

/* --- letters ---------------------------------------------------------------------------- */

static int take_letter(struct words *words, char *at, int next) {
    char letter = *at++;
    const char *letters = words->letters + is_ordered(words);
    const char *known = letter == ':' || letter == ';' ? NULL : strchr(letters, letter);
    bool is_last = *at == '\0';

    words->place = is_last ? NULL : at;
    if (is_last)
        ++words->index;
    if (!known) {
        words->wrong = (unsigned char)letter;
        complain(words, "invalid option -- '%c'", letter);
        return '?';
    }
    if (known[1] != ':')
        return (unsigned char)letter;
    words->place = NULL;
    if (!is_last) {
        ++words->index;
        words->argument = at;
    } else if (known[2] != ':') {
        if (next >= words->count) {
            words->wrong = (unsigned char)letter;
            complain(words, "option requires an argument -- '%c'", letter);
            return missing(words);
        }
        words->argument = words->word[next];
        ++words->index;
    }
    return (unsigned char)letter;
}

/* --- words ------------------------------------------------------------------------------ */

static void read_words(struct words *words) {
    reads(words->word, (size_t)words->count * sizeof *words->word, words->site);
    access_ask_text(words->letters, strlen(words->letters) + 1, words->site);
    for (int i = 0; i < words->count; i++)
        access_ask_text(words->word[i], strlen(words->word[i]) + 1, words->site);
    for (const struct option *each = words->longs; each && each->name; each++)
        access_ask_text(each->name, strlen(each->name) + 1, words->site);
}

#define EACH_VARIABLE(DO)                                                                \
    DO(int, "optind", index)                                                             \
    DO(int, "optopt", wrong)                                                             \
    DO(int, "getopt's first", first)                                                     \
    DO(int, "getopt's last", last)                                                       \
    DO(char *, "optarg", argument)                                                       \
    DO(char *, "getopt's place", place)

static void read_variables(struct words *words) {
#define READ_VARIABLE(type, name, field)                                                 \
    reads((const void *)library_data_address(name), sizeof(type), words->site);          \
    words->field = *(type *)library_data_address(name);
    EACH_VARIABLE(READ_VARIABLE)
#undef READ_VARIABLE
}

static void write_variables(const struct words *words) {
#define WRITE_VARIABLE(type, name, field)                                                \
    writes((const void *)library_data_address(name), sizeof(type), words->site);         \
    *(type *)library_data_address(name) = words->field;
    EACH_VARIABLE(WRITE_VARIABLE)
#undef WRITE_VARIABLE
}

/* An option that begins a word; its arguments follow, if it has them. */
static int take_word(struct words *words, int at) {
    char *word = words->word[at];
    bool is_long = words->longs && (word[1] == '-' || words->one_dash);

    if (!is_long)
        return take_letter(words, word + 1, at + 1);
    words->index = at + 1;
    return take_long(words, word + 1 + (word[1] == '-'), at + 1);
}

/* Passes words of no option; 0, or the answer where there is no other. */
static int seek(struct words *words) {
    if (words->last > words->index)
        words->last = words->index;
    if (words->first > words->index)
        words->first = words->index;
    if (!is_ordered(words)) {
        exchange(words);
        while (words->index < words->count && !is_option(words->word[words->index]))
            ++words->index;
        words->last = words->index;
    }
    if (words->index < words->count && strcmp(words->word[words->index], "--") == 0) {
        ++words->index;
        exchange(words);
        words->last = words->index = words->count;
    }
    if (words->index < words->count)
        return 0;
    if (words->first != words->last)
        words->index = words->first;
    return -1;
}

static int find_option(struct words *words) {
    words->argument = NULL;
    if (words->index == 0 || words->last == 0) {
        words->index += words->index == 0;
        words->first = words->last = words->index;
        words->place = NULL;
    }
    if (words->place)
        return take_letter(words, words->place, words->index + 1);
    int none = seek(words);
    if (none)
        return none;
    char *word = words->word[words->index];
    if (is_option(word))
        return take_word(words, words->index);
    if (words->letters[0] == '+')
        return -1;
    words->argument = word;
    ++words->index;
    return 1;
}

static int next_option(struct words words) {
    read_words(&words);
    read_variables(&words);
    int answer = find_option(&words);
    write_variables(&words);
    return answer;
}

SERVE(int, getopt, (int count, char *const *word, const char *letters)) {
    return next_option((struct words){.word = (char **)(uintptr_t)word,
                                      .count = count,
                                      .letters = letters,
                                      .site = SITE});
}

SERVE(int, getopt_long,
      (int count, char *const *word, const char *letters, const struct option *longs,
       int *chosen)) {
    return next_option((struct words){.word = (char **)(uintptr_t)word,
                                      .count = count,
                                      .letters = letters,
                                      .longs = longs,
                                      .chosen = chosen,
                                      .site = SITE});
}

SERVE(int, getopt_long_only,
      (int count, char *const *word, const char *letters, const struct option *longs,
       int *chosen)) {
    return next_option((struct words){.word = (char **)(uintptr_t)word,
                                      .count = count,
                                      .letters = letters,
                                      .longs = longs,
                                      .chosen = chosen,
                                      .one_dash = true,
                                      .site = SITE});
}

const struct service option_services[] = {
    SERVICE(getopt),
    SERVICE_AS("__posix_getopt", getopt),
    SERVICE(getopt_long),
    SERVICE(getopt_long_only),
    {0},
};
