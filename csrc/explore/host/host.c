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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calls/served.h"
#include "host/host_lines.h"
#include "host/host_options.h"
#include "host/report.h"
#include "host/report_graph.h"
#include "program/crash.h"
#include "program/program.h"

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
    if (host->runtime->printed.used && !host->has_printed) {
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
    host->failure_count++;
    if (host->failure_limit || !(host->kinds_shown >> failure->kind & 1))
        report_failure(&host->results, &host->names, failure, view);
    host->kinds_shown |= UINT64_C(1) << failure->kind;
    if (host->failure_limit == 0 || host->failure_count < host->failure_limit)
        return 0;
    host->stop_reason = "failure";
    return 1;
}

static int should_stop(void *self, const struct explore_progress *progress) {
    struct host *host = self;
    double now = now_s();

    host->last = *progress;
    if (host->progress_s > 0 && now - host->reported_s >= host->progress_s) {
        host->reported_s = now;
        host_line_progress(host, progress, now);
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

static void load(struct host *host, char **program) {
    struct runtime *runtime = host->runtime;
    char problem[512];

    runtime->arguments = program;
    for (runtime->argument_count = 0; program[runtime->argument_count];)
        runtime->argument_count++;
    runtime->races_allowed = host->options.races_allowed;
    runtime->no_retry |= runtime->races_allowed;
    /* Leave room for the search to name its own limit first. */
    if (host->options.max_events)
        runtime->step_limit = (uint64_t)host->options.max_events + 16;
    if (!program_open(runtime, program[0], served_address, problem, sizeof problem))
        host_line_problem(host, "%s", problem);
    if (!runtime->main_function)
        host_line_problem(host, "the program has no main function");
    runtime->arguments[0] = strdup("program"); /* the same in every place and process */
}

int main(int count, char **words) {
    static struct runtime runtime;
    struct host host = {.runtime = &runtime};
    struct explore_result result;

    char **program_words = host_options(&host, count, words);
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
    struct program program = program_of(&runtime);
    host.started_s = host.reported_s = now_s();
    int outcome = explore(&program, &host.options, &result);
    double elapsed_s = now_s() - host.started_s;
    if (outcome != 0) {
        fprintf(stderr, "engine bug: the search ran out of memory\n");
        return EXIT_ENGINE;
    }
    host_line_output(&host);
    shortest_write(&host.shortest, &host.results);
    if (host.wants_outcomes)
        outcomes_report(&host.outcomes, &host.results);
    host_line_result(&host, &result, elapsed_s);
    return 0;
}
