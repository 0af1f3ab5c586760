/* SPDX-License-Identifier: MIT */
/*
 * host: heald-explore, the process in which a program is explored.
 *
 * Why       A process of its own contains crashes and starts in a few milliseconds. It knows no
 *           files but the program it is given and no form but JSON lines; everything meant for
 *           people is made from those, elsewhere.
 * Writes    {"type": "progress" | "failure" | "output" | "result" | "problem", ...}, one a line.
 *           With --dump: every execution's graph, one a line, and nothing else on that stream.
 * Exits     0 the search ran (whatever it found), 2 it could not begin, 5 engine bug.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <heald/explore.h>

#include "crash.h"
#include "failure.h"
#include "json.h"
#include "layout.h"
#include "names.h"
#include "outcomes.h"
#include "report.h"
#include "runtime.h"
#include "shortest.h"

enum { EXIT_USAGE = 2, EXIT_ENGINE = 5 };

/* A program that allocates for ever must not take the machine's memory; 20 MiB are usual. */
#define MEMORY_BYTES ((size_t)512 << 20)

struct host {
    struct runtime *runtime;
    struct names names;
    struct json results;
    struct json dump;
    struct explore_options options;
    struct explore_progress last;
    double budget_s;   /* 0: none */
    double progress_s; /* between progress lines; 0: none */
    double started_s;
    double reported_s;
    uint64_t print_count;   /* graphs still to be written among the results */
    uint32_t failure_limit; /* ends the search; 0: goes on, and shows the first */
    uint64_t failure_count;
    const char *stop_reason;
    char *
        shown_schedule; /* the execution whose output is shown: a failing one, else the first */
    bool has_printed;
    bool wants_outcomes;
    struct outcomes outcomes;
    uint64_t trace_count; /* executions whose steps are still to be written */
    bool wants_shortest;  /* of each kind of failure; the search goes on */
    struct shortest shortest;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

static double now_s(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* --- callbacks ---------------------------------------------------------------------------- */

static void remember_schedule(struct host *host, const struct explore_view *view) {
    size_t length = explore_schedule(view, NULL, 0);

    free(host->shown_schedule);
    host->shown_schedule = malloc(length + 1);
    if (!host->shown_schedule)
        abort();
    explore_schedule(view, host->shown_schedule, length + 1);
}

static int on_execution(void *self, const struct explore_view *view) {
    struct host *host = self;

    if (host->wants_outcomes)
        outcomes_add(&host->outcomes, view);
    if (host->runtime->output.used && !host->has_printed) {
        host->has_printed = true;
        if (!host->shown_schedule)
            remember_schedule(host, view);
    }
    if (host->dump.file) {
        report_graph(&host->dump, &host->names, view);
        fputc('\n', host->dump.file);
        host->dump.needs_comma = false;
    }
    if (host->trace_count) {
        host->trace_count--;
        report_run(&host->results, &host->names, view);
    }
    if (host->print_count) {
        host->print_count--;
        json_open(&host->results, '{');
        json_key(&host->results, "type");
        json_text(&host->results, "graph");
        json_key(&host->results, "graph");
        report_graph(&host->results, &host->names, view);
        json_close(&host->results, '}');
        json_line(&host->results);
    }
    return 0;
}

static int on_failure(void *self, const struct explore_failure *failure,
                      const struct explore_view *view) {
    struct host *host = self;

    if (host->failure_count == 0)
        remember_schedule(host, view);
    if (host->wants_shortest) {
        host->failure_count++;
        shortest_add(&host->shortest, &host->names, failure, view);
        return 0;
    }
    if (host->failure_count++ < (host->failure_limit ? host->failure_limit : 1))
        report_failure(&host->results, &host->names, failure, view);
    if (host->failure_limit == 0 || host->failure_count < host->failure_limit)
        return 0;
    host->stop_reason = "failure";
    return 1;
}

static void put_progress(struct host *host, const struct explore_progress *progress,
                         double now) {
    struct json *json = &host->results;

    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "progress");
    json_key(json, "executions");
    json_count(json, progress->executions);
    json_key(json, "blocked");
    json_count(json, progress->blocked);
    json_key(json, "estimate");
    json_real(json, progress->estimate);
    json_key(json, "done");
    json_real(json, progress->done);
    json_key(json, "seconds");
    json_real(json, now - host->started_s);
    json_close(json, '}');
    json_line(json);
}

static int should_stop(void *self, const struct explore_progress *progress) {
    struct host *host = self;
    double now = now_s();

    host->last = *progress;
    if (host->progress_s > 0 && now - host->reported_s >= host->progress_s) {
        host->reported_s = now;
        put_progress(host, progress, now);
    }
    if (interrupted)
        host->stop_reason = "interrupt";
    else if (host->budget_s > 0 && now - host->started_s >= host->budget_s)
        host->stop_reason = "budget";
    else if (progress->bytes > MEMORY_BYTES)
        host->stop_reason = "memory";
    else
        return 0;
    return 1;
}

/* --- results ------------------------------------------------------------------------------ */

static void put_notes(struct json *json, uint32_t notes) {
    static const char *const words[] = {"unseen write", "large block"};

    json_key(json, "notes");
    json_open(json, '[');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (notes >> i & 1)
            json_text(json, words[i]);
    json_close(json, ']');
}

static void put_result(struct host *host, const struct explore_result *result,
                       double seconds) {
    struct json *json = &host->results;
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"executions", result->executions},
                  {"blocked", result->blocked},
                  {"failures", result->failures},
                  {"remembered", result->remembered},
                  {"twins", result->twins},
                  {"steps", result->steps},
                  {"runs", result->runs},
                  {"peak_bytes", result->peak_bytes}};

    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "result");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        json_key(json, counts[i].key);
        json_count(json, counts[i].value);
    }
    json_key(json, "exhausted");
    json_truth(json, result->exhausted);
    json_key(json, "stopped");
    json_truth(json, result->stopped);
    json_key(json, "reason");
    if (host->stop_reason)
        json_text(json, host->stop_reason);
    else if (result->stopped)
        json_text(json, "executions");
    else
        json_null(json);
    put_notes(json, result->notes);
    json_key(json, "estimate");
    json_real(json, result->estimate);
    json_key(json, "done");
    json_real(json, result->exhausted ? 1.0 : host->last.done);
    json_key(json, "seconds");
    json_real(json, seconds);
    json_close(json, '}');
    json_line(json);
}

static int stop_at_once(void *self, const struct explore_failure *failure,
                        const struct explore_view *view) {
    (void)self;
    (void)failure;
    (void)view;
    return 1;
}

/* With behaviour remembered, not every execution really runs: what one prints is seen by running
 * it again, by its schedule, with nothing remembered. */
static void put_output(struct host *host) {
    struct program program = runtime_program(host->runtime);
    struct explore_options options = host->options;
    struct explore_result result;
    struct json *json = &host->results;

    if (!host->shown_schedule)
        return;
    options.search = EXPLORE_REPLAY;
    options.schedule = host->shown_schedule;
    options.no_memo = 1;
    options.part = options.parts = 0;
    options.callbacks = (struct explore_callbacks){.on_failure = stop_at_once};
    explore(&program, &options, &result);
    if (host->runtime->output.used == 0)
        return;
    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "output");
    json_key(json, "text");
    json_bytes(json, host->runtime->output.bytes, host->runtime->output.used);
    json_key(json, "cut");
    json_truth(json, host->runtime->output.is_cut);
    json_close(json, '}');
    json_line(json);
}

/* --- options ------------------------------------------------------------------------------ */

__attribute__((noreturn, format(printf, 2, 3))) static void
give_up(struct host *host, const char *format, ...) {
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!host->results.file)
        host->results.file = stdout;
    json_open(&host->results, '{');
    json_key(&host->results, "type");
    json_text(&host->results, "problem");
    json_key(&host->results, "message");
    json_text(&host->results, text);
    json_close(&host->results, '}');
    json_line(&host->results);
    fprintf(stderr, "%s\n", text);
    exit(EXIT_USAGE);
}

static unsigned pick(struct host *host, const char *option, const char *value,
                     const char *const *words) {
    for (unsigned i = 0; words[i]; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    give_up(host, "--%s: unknown value %s", option, value);
}

static uint64_t number(struct host *host, const char *option, const char *value) {
    char *end;
    errno = 0;
    unsigned long long result = strtoull(value, &end, 10);
    if (errno || *end || end == value)
        give_up(host, "--%s: %s is not a number", option, value);
    return result;
}

static double seconds(struct host *host, const char *option, const char *value) {
    char *end;
    double result = strtod(value, &end);
    if (*end || end == value || !(result >= 0))
        give_up(host, "--%s: %s is not a number of seconds", option, value);
    return result;
}

enum option_code {
    OPTION_MODEL = 1,
    OPTION_SEARCH,
    OPTION_SEED,
    OPTION_MAX_EXECUTIONS,
    OPTION_MAX_EVENTS,
    OPTION_BUDGET,
    OPTION_DEPTH,
    OPTION_RACES,
    OPTION_LEAKS,
    OPTION_WEAK,
    OPTION_SYMMETRY,
    OPTION_NO_MEMO,
    OPTION_PART,
    OPTION_PARTS,
    OPTION_SCHEDULE,
    OPTION_DUMP,
    OPTION_PRINT,
    OPTION_RESULTS,
    OPTION_PROGRESS,
    OPTION_FAILURES,
    OPTION_ENDLESS,
    OPTION_OUTCOMES,
    OPTION_CHOICES,
    OPTION_TRACES,
    OPTION_SHORTEST,
};

static const struct option long_options[] = {
    {"model", required_argument, NULL, OPTION_MODEL},
    {"search", required_argument, NULL, OPTION_SEARCH},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"max-executions", required_argument, NULL, OPTION_MAX_EXECUTIONS},
    {"max-events", required_argument, NULL, OPTION_MAX_EVENTS},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"depth", required_argument, NULL, OPTION_DEPTH},
    {"races", required_argument, NULL, OPTION_RACES},
    {"leaks", required_argument, NULL, OPTION_LEAKS},
    {"weak-failures", no_argument, NULL, OPTION_WEAK},
    {"symmetry", no_argument, NULL, OPTION_SYMMETRY},
    {"no-memo", no_argument, NULL, OPTION_NO_MEMO},
    {"part", required_argument, NULL, OPTION_PART},
    {"parts", required_argument, NULL, OPTION_PARTS},
    {"schedule", required_argument, NULL, OPTION_SCHEDULE},
    {"dump", required_argument, NULL, OPTION_DUMP},
    {"print", required_argument, NULL, OPTION_PRINT},
    {"results", required_argument, NULL, OPTION_RESULTS},
    {"progress", required_argument, NULL, OPTION_PROGRESS},
    {"failures", required_argument, NULL, OPTION_FAILURES},
    {"endless-ms", required_argument, NULL, OPTION_ENDLESS},
    {"outcomes", required_argument, NULL, OPTION_OUTCOMES},
    {"choices", required_argument, NULL, OPTION_CHOICES},
    {"traces", required_argument, NULL, OPTION_TRACES},
    {"shortest", no_argument, NULL, OPTION_SHORTEST},
    {0},
};

static void open_dump(struct host *host, const char *path) {
    host->dump.file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!host->dump.file)
        give_up(host, "--dump: cannot write %s", path);
}

static void open_results(struct host *host, const char *value) {
    host->results.file = fdopen((int)number(host, "results", value), "w");
    if (!host->results.file)
        give_up(host, "--results: %s is not an open descriptor", value);
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
            give_up(host, "--choices: %s is not hexadecimal", pair);
    }
    host->options.search = EXPLORE_CHOICES;
    host->options.choices = bytes;
    host->options.choices_length = length;
}

static void take_search_option(struct host *host, int code, const char *name,
                               const char *value) {
    static const char *const models[] = {"sc", "tso", "rc11", NULL};
    static const char *const searches[] = {"exhaustive", "uniform", "pct",   "pos",
                                           "replay",     "choices", "mixed", NULL};
    static const char *const judgements[] = {"fail", "allow", NULL};
    struct explore_options *options = &host->options;

    switch (code) {
    case OPTION_MODEL:
        options->model = (enum explore_model)pick(host, name, value, models);
        break;
    case OPTION_SEARCH:
        options->search = (enum explore_search)pick(host, name, value, searches);
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
    case OPTION_DEPTH:
        options->depth = (uint32_t)number(host, name, value);
        break;
    case OPTION_RACES:
        options->races_allowed = (uint8_t)pick(host, name, value, judgements);
        break;
    case OPTION_LEAKS:
        options->leaks_allowed = (uint8_t)pick(host, name, value, judgements);
        break;
    case OPTION_WEAK:
        options->weak_failures = 1;
        break;
    case OPTION_SYMMETRY:
        options->symmetry = 1;
        break;
    case OPTION_NO_MEMO:
        options->no_memo = 1;
        break;
    case OPTION_PART:
        options->part = (uint32_t)number(host, name, value);
        break;
    case OPTION_PARTS:
        options->parts = (uint32_t)number(host, name, value);
        break;
    case OPTION_CHOICES:
        open_choices(host, value);
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
    case OPTION_PRINT:
        host->print_count = number(host, name, value);
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
    case OPTION_PROGRESS:
        host->progress_s = seconds(host, name, value);
        break;
    case OPTION_FAILURES:
        host->failure_limit = (uint32_t)number(host, name, value);
        break;
    case OPTION_ENDLESS:
        host->runtime->endless_ms = (uint32_t)number(host, name, value);
        break;
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

static char **take_options(struct host *host, int count, char **words) {
    int code;
    int index;

    host->options.model = EXPLORE_RC11;
    host->options.leaks_allowed = 1;
    host->options.heap_begin = LAYOUT_HEAP;
    host->options.heap_end = LAYOUT_HEAP_END;
    host->options.own_begin = LAYOUT_STACKS;
    host->options.own_end = LAYOUT_HEAP_END;
    host->failure_limit = 1;
    while ((code = getopt_long(count, words, "+", long_options, &index)) != -1) {
        if (code == '?')
            give_up(host, "unknown option, or one without its value");
        take_option(host, code, long_options[index].name, optarg);
    }
    if (!host->results.file) {
        host->results.file = host->dump.file == stdout ? fopen("/dev/null", "w") : stdout;
        if (!host->results.file)
            give_up(host, "cannot open /dev/null");
    }
    if (optind == count)
        give_up(host, "usage: heald-explore [OPTION...] PROGRAM.so [ARGUMENT...]");
    return words + optind;
}

static void load(struct host *host, char **program) {
    struct runtime *runtime = host->runtime;
    char problem[512];

    runtime->arguments = program;
    for (runtime->argument_count = 0; program[runtime->argument_count];)
        runtime->argument_count++;
    runtime->no_retry |= host->options.races_allowed;
    /* Leave room for the search to name its own limit first. */
    if (host->options.max_events)
        runtime->step_limit = (uint64_t)host->options.max_events + 16;
    if (!runtime_open(runtime, program[0], problem, sizeof problem))
        give_up(host, "%s", problem);
    if (!runtime->main_function)
        give_up(host, "the program has no main function");
    runtime->arguments[0] = strdup("program"); /* the same in every place and process */
}

int main(int count, char **words) {
    static struct runtime runtime;
    struct host host = {.runtime = &runtime};
    struct explore_result result;

    char **program_words = take_options(&host, count, words);
    host.names.runtime = &runtime;
    load(&host, program_words);
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    crash_install();
    host.options.callbacks = (struct explore_callbacks){.self = &host,
                                                        .on_execution = on_execution,
                                                        .on_failure = on_failure,
                                                        .should_stop = should_stop};
    /* Told apart by how often they occur, written out, or printed: all must be seen. */
    host.options.callbacks.once_is_enough =
        !host.wants_outcomes && !host.dump.file && !host.trace_count && !host.print_count;
    struct program program = runtime_program(&runtime);
    host.started_s = host.reported_s = now_s();
    int outcome = explore(&program, &host.options, &result);
    double elapsed_s = now_s() - host.started_s;
    if (outcome != 0) {
        fprintf(stderr, "engine bug: the search ran out of memory\n");
        return EXIT_ENGINE;
    }
    put_output(&host);
    shortest_write(&host.shortest, &host.results);
    if (host.wants_outcomes)
        outcomes_report(&host.outcomes, &host.results);
    put_result(&host, &result, elapsed_s);
    return 0;
}
