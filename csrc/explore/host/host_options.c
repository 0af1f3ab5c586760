/* SPDX-License-Identifier: MIT */
/* host_options: see host_options.h. */
#include "host/host_options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/deadline.h"
#include "host/host_lines.h"
#include "program/layout.h"

static unsigned pick(struct host *host, const char *option, const char *value,
                     const char *const *words) {
    for (unsigned i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    host_line_problem(host, "--%s: unknown value %s", option, value);
}

static uint64_t number(struct host *host, const char *option, const char *value) {
    char *end;
    errno = 0;
    unsigned long long result = strtoull(value, &end, 10);
    if (errno || *end || end == value)
        host_line_problem(host, "--%s: %s is not a number", option, value);
    return result;
}

static double seconds(struct host *host, const char *option, const char *value) {
    char *end;
    double result = strtod(value, &end);
    if (*end || end == value || !(result >= 0))
        host_line_problem(host, "--%s: %s is not a number of seconds", option, value);
    return result;
}

enum option_code {
    OPTION_MODEL = 1,
    OPTION_SEARCH,
    OPTION_SEED,
    OPTION_MAX_EXECUTIONS,
    OPTION_MAX_EVENTS,
    OPTION_BUDGET,
    OPTION_BOUND,
    OPTION_DEPTH,
    OPTION_LEAN,
    OPTION_RACES,
    OPTION_VOLATILE,
    OPTION_LEAKS,
    OPTION_WEAK,
    OPTION_SPURIOUS,
    OPTION_EXIT_STATUS,
    OPTION_PANICS,
    OPTION_SYMMETRY,
    OPTION_NO_MEMO,
    OPTION_PART,
    OPTION_PARTS,
    OPTION_SCHEDULE,
    OPTION_WIDTHS,
    OPTION_DUMP,
    OPTION_RESULTS,
    OPTION_PROGRESS,
    OPTION_FAILURES,
    OPTION_ENDLESS,
    OPTION_PARENT,
    OPTION_OUTCOMES,
    OPTION_CHOICES,
    OPTION_TRACES,
    OPTION_SHORTEST,
    OPTION_ORDER,
    OPTION_RANGE,
    OPTION_PLACES,
    OPTION_SHARED,
    OPTION_AFTER,
    OPTION_UNTIL,
};

static const struct option long_options[] = {
    {"model", required_argument, NULL, OPTION_MODEL},
    {"search", required_argument, NULL, OPTION_SEARCH},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"max-executions", required_argument, NULL, OPTION_MAX_EXECUTIONS},
    {"max-events", required_argument, NULL, OPTION_MAX_EVENTS},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"bound", required_argument, NULL, OPTION_BOUND},
    {"depth", required_argument, NULL, OPTION_DEPTH},
    {"races", required_argument, NULL, OPTION_RACES},
    {"volatile", required_argument, NULL, OPTION_VOLATILE},
    {"leaks", required_argument, NULL, OPTION_LEAKS},
    {"exit-status", required_argument, NULL, OPTION_EXIT_STATUS},
    {"panics", required_argument, NULL, OPTION_PANICS},
    {"weak-failures", no_argument, NULL, OPTION_WEAK},
    {"spurious-wakeups", no_argument, NULL, OPTION_SPURIOUS},
    {"symmetry", no_argument, NULL, OPTION_SYMMETRY},
    {"lean", required_argument, NULL, OPTION_LEAN},
    {"no-memo", no_argument, NULL, OPTION_NO_MEMO},
    {"shared", required_argument, NULL, OPTION_SHARED},
    {"after", required_argument, NULL, OPTION_AFTER},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"schedule", required_argument, NULL, OPTION_SCHEDULE},
    {"widths", required_argument, NULL, OPTION_WIDTHS},
    {"dump", required_argument, NULL, OPTION_DUMP},
    {"results", required_argument, NULL, OPTION_RESULTS},
    {"progress", required_argument, NULL, OPTION_PROGRESS},
    {"failures", required_argument, NULL, OPTION_FAILURES},
    {"endless-ms", required_argument, NULL, OPTION_ENDLESS},
    {"parent", required_argument, NULL, OPTION_PARENT},
    {"outcomes", required_argument, NULL, OPTION_OUTCOMES},
    {"choices", required_argument, NULL, OPTION_CHOICES},
    {"traces", required_argument, NULL, OPTION_TRACES},
    {"shortest", no_argument, NULL, OPTION_SHORTEST},
    {"order", required_argument, NULL, OPTION_ORDER},
    {"range", required_argument, NULL, OPTION_RANGE},
    {"places", no_argument, NULL, OPTION_PLACES},
    {0},
};

/* Keys in hexadecimal, a point between each two; none is where the tree begins or ends. */
static const char *point(struct host *host, const char *name, const char *value) {
    size_t digits = 0;

    for (const char *at = value; *at; at++) {
        digits = *at == '.' ? 0 : digits + 1;
        if (!(isxdigit((unsigned char)*at) || (*at == '.' && at > value)) ||
            digits > 16 || (*at == '.' && (at[1] == '.' || !at[1])))
            host_line_problem(host, "--%s: %s is no point of a tree", name, value);
    }
    return value;
}

static void open_dump(struct host *host, const char *path) {
    host->dump.file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!host->dump.file)
        host_line_problem(host, "--dump: cannot write %s", path);
}

static void open_results(struct host *host, const char *value) {
    host->results.file = fdopen((int)number(host, "results", value), "w");
    if (!host->results.file)
        host_line_problem(host, "--results: %s is not an open descriptor", value);
}

static void open_choices(struct host *host, const char *hex) {
    size_t length = strlen(hex) / 2;
    unsigned char *bytes = malloc(length + 1);

    if (!bytes)
        abort();
    for (size_t i = 0; i < length; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        char *end;
        bytes[i] = (unsigned char)strtoul(pair, &end, 16);
        if (*end)
            host_line_problem(host, "--choices: %s is not hexadecimal", pair);
    }
    host->options.search = EXPLORE_CHOICES;
    host->options.choices = bytes;
    host->options.choices_length = length;
}

/* SITE:ORDER:ORDER, numbers; the second order is a failed compare-exchange's. SITE:ORDER:ORDER:WRITTEN:
   only where the program gives the order WRITTEN. SITE:split: an update as load and store. SITE:before and SITE:after: a seq_cst fence there. "seq_cst", "fences": at every place. SITE:relaxed: a plain access there is a relaxed atomic one; "plain": tell of such places, too. */
static void set_order(struct host *host, const char *value) {
    struct orders *orders = &host->runtime->orders;
    unsigned site, order, fail, written = 0;
    char rest, where[8];

    if (strcmp(value, "seq_cst") == 0)
        orders->all_seq_cst = orders->is_watching = true;
    else if (strcmp(value, "fences") == 0)
        orders->all_fenced = orders->is_watching = true;
    else if (strcmp(value, "plain") == 0)
        orders->wants_plain = true;
    else if (sscanf(value, "%u:%7[a-z]%c", &site, where, &rest) == 2 && site &&
             (strcmp(where, "before") == 0 || strcmp(where, "after") == 0))
        orders_fence(orders, site, where[0] == 'b');
    else if (sscanf(value, "%u:%7[a-z]%c", &site, where, &rest) == 2 && site &&
             strcmp(where, "split") == 0)
        orders_split(orders, site);
    else if (sscanf(value, "%u:%7[a-z]%c", &site, where, &rest) == 2 && site &&
             strcmp(where, "relaxed") == 0)
        orders_relax(orders, site);
    else if (sscanf(value, "%u:%u:%u%c", &site, &order, &fail, &rest) == 3 && site &&
             order <= ORDER_SEQ_CST && fail <= ORDER_SEQ_CST)
        orders_set(orders, site, (uint8_t)order, (uint8_t)fail, ORDERS_ALL);
    else if (sscanf(value, "%u:%u:%u:%u%c", &site, &order, &fail, &written, &rest) == 4 &&
             site && order <= ORDER_SEQ_CST && fail <= ORDER_SEQ_CST &&
             written <= ORDER_SEQ_CST)
        orders_set(orders, site, (uint8_t)order, (uint8_t)fail, (uint8_t)(1u << written));
    else
        host_line_problem(host, "--order: %s is not SITE:ORDER:ORDER", value);
}

/* SITE:LEAST:GREATEST, of a number that the program leaves open there. */
static void set_range(struct host *host, const char *value) {
    struct runtime *runtime = host->runtime;
    struct open_range *range = &runtime->ranges[runtime->range_count];
    char rest;

    if (runtime->range_count == RUNTIME_RANGES ||
        sscanf(value, "%u:%ld:%ld%c", &range->site, &range->least, &range->greatest,
               &rest) != 3 ||
        !range->site || range->greatest < range->least)
        host_line_problem(host, "--range: %s is not SITE:LEAST:GREATEST, or one too many",
                          value);
    runtime->range_count++;
}

static void take_search_option(struct host *host, int code, const char *name,
                               const char *value) {
    static const char *const models[] = {"sc", "tso", "rc11", NULL};
    static const char *const searches[] = {"exhaustive", "uniform", "pct",   "pos",
                                           "replay",     "choices", "mixed", NULL};
    static const char *const volatiles[] = {"race", "relaxed", NULL};
    static const char *const judgements[] = {"fail", "allow", NULL};
    static const char *const lean[] = {"auto", "never", "always", "audited", NULL};
    struct explore_options *options = &host->options;

    switch (code) {
    case OPTION_MODEL:
        options->model = (enum explore_model)pick(host, name, value, models);
        break;
    case OPTION_SEARCH:
        options->search = (enum explore_search)pick(host, name, value, searches);
        break;
    case OPTION_LEAN:
        options->lean = (uint8_t)pick(host, name, value, lean);
        break;
    case OPTION_SEED:
        options->seed = number(host, name, value);
        break;
    case OPTION_MAX_EXECUTIONS:
        options->max_executions = number(host, name, value);
        break;
    case OPTION_MAX_EVENTS:
        options->max_events = (uint32_t)number(host, name, value);
        break;
    case OPTION_BOUND:
        options->bound = (uint32_t)number(host, name, value);
        break;
    case OPTION_DEPTH:
        options->depth = (uint32_t)number(host, name, value);
        break;
    case OPTION_RACES:
        options->races_allowed = (uint8_t)pick(host, name, value, judgements);
        break;
    case OPTION_VOLATILE:
        options->volatile_relaxed = (uint8_t)pick(host, name, value, volatiles);
        break;
    case OPTION_LEAKS:
        options->leaks_allowed = (uint8_t)pick(host, name, value, judgements);
        break;
    case OPTION_WEAK:
        options->weak_failures = 1;
        break;
    case OPTION_SPURIOUS:
        host->runtime->wakes_spuriously = true;
        break;
    case OPTION_SYMMETRY:
        options->symmetry = 1;
        break;
    case OPTION_NO_MEMO:
        options->no_memo = 1;
        break;
    case OPTION_SHARED:
        options->shared = 1;
        host->given_first = (uint32_t)number(host, name, value);
        break;
    case OPTION_AFTER:
        options->after = point(host, name, value);
        break;
    case OPTION_UNTIL:
        options->until = point(host, name, value);
        break;
    case OPTION_CHOICES:
        open_choices(host, value);
        break;
    case OPTION_WIDTHS:
        options->widths_text = value;
        break;
    default:
        options->search = EXPLORE_REPLAY;
        options->schedule = value;
    }
}

static void take_option(struct host *host, int code, const char *name,
                        const char *value) {
    switch (code) {
    case OPTION_BUDGET:
        host->budget_s = seconds(host, name, value);
        break;
    case OPTION_DUMP:
        open_dump(host, value);
        break;
    case OPTION_RESULTS:
        open_results(host, value);
        break;
    case OPTION_TRACES:
        host->trace_count = number(host, name, value);
        break;
    case OPTION_SHORTEST:
        host->wants_shortest = host->outcomes.shortest = true;
        break;
    case OPTION_ORDER:
        set_order(host, value);
        break;
    case OPTION_RANGE:
        set_range(host, value);
        break;
    case OPTION_PLACES:
        host->wants_places = host->runtime->orders.is_watching = true;
        break;
    case OPTION_PROGRESS:
        host->progress_s = seconds(host, name, value);
        break;
    case OPTION_FAILURES:
        host->failure_limit = (uint32_t)number(host, name, value);
        break;
    case OPTION_PARENT:
        deadline_of_parent((int)number(host, name, value));
        break;
    case OPTION_ENDLESS:
        host->runtime->endless_ms = (uint32_t)number(host, name, value);
        break;
    case OPTION_PANICS: {
        static const char *const ways[] = {"fail", "allow", NULL};
        host->runtime->panics_allowed = pick(host, name, value, ways) == 1;
        break;
    }
    case OPTION_EXIT_STATUS: {
        static const char *const statuses[] = {"0", "any", NULL};
        host->runtime->any_exit_status = pick(host, name, value, statuses) == 1;
        break;
    }
    case OPTION_OUTCOMES: {
        static const char *const forms[] = {"results", "histories", NULL};
        host->wants_outcomes = true;
        host->outcomes.with_order = pick(host, name, value, forms) == 1;
        break;
    }
    default:
        take_search_option(host, code, name, value);
    }
}

char **host_options(struct host *host, int count, char **words) {
    int code;
    int index;

    host->options.model = EXPLORE_RC11;
    host->options.leaks_allowed = 1;
    host->options.heap_begin = LAYOUT_HEAP;
    host->options.heap_end = LAYOUT_HEAP_END;
    host->options.own_begin = LAYOUT_STACKS;
    host->options.own_end = LAYOUT_HEAP_END;
    host->options.stacks_begin = LAYOUT_STACKS;
    host->options.stacks_end = LAYOUT_STACKS_END;
    host->options.stack_bytes = LAYOUT_STACK_SLOT;
    host->options.tls_begin = LAYOUT_TLS;
    host->options.tls_end = LAYOUT_TLS_END;
    host->options.tls_bytes = LAYOUT_TLS_SLOT;
    host->failure_limit = 1;
    optind = 0; /* the words may not be the first ones that are read */
    while ((code = getopt_long(count, words, "+", long_options, &index)) != -1) {
        if (code == '?')
            host_line_problem(host, "unknown option, or one without its value");
        take_option(host, code, long_options[index].name, optarg);
    }
    if (!host->results.file) {
        host->results.file = host->dump.file == stdout ? fopen("/dev/null", "w") : stdout;
        if (!host->results.file)
            host_line_problem(host, "cannot open /dev/null");
    }
    if (optind == count)
        host_line_problem(host,
                          "usage: heald-explore [OPTION...] PROGRAM.so [ARGUMENT...]");
    return words + optind;
}
