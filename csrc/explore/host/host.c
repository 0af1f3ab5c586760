/* SPDX-License-Identifier: MIT */
/*
 * host: heald-explore, the process in which a program is explored.
 *
 * Why       A process of its own contains crashes and starts in a few milliseconds. It knows no
 *           files but the program it is given and no form but JSON lines; everything meant for
 *           people is made from those, elsewhere.
 * Writes    {"type": "progress" | "failure" | "output" | "result" | "problem", ...}, one a line.
 *           With --dump: every execution's graph, one a line, and nothing else on that stream.
 * Serves    With --serve PROGRAM: many searches of it, see serve.h.
 * Exits     0 the search ran (whatever it found), 2 it could not begin, 5 engine bug.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "calls/scenario_calls.h"
#include "calls/served.h"
#include "host/confine.h"
#include "host/deadline.h"
#include "host/host_lines.h"
#include "host/host_options.h"
#include "host/report.h"
#include "host/report_graph.h"
#include "host/serve.h"
#include "program/crash.h"
#include "program/program.h"
#include "program/runtime.h"

/* Signal handlers write the results, too. */
static struct host the_host;
static struct explore_result the_result;

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
    return 0;
}

static int on_failure(void *self, const struct explore_failure *failure,
                      const struct explore_view *view) {
    struct host *host = self;

    deadline_writes(true);
    if (host->failure_count == 0)
        remember_schedule(host, view);
    if (host->wants_shortest)
        shortest_add(&host->shortest, &host->names, failure, view);
    else if (host->failure_limit || !(host->kinds_shown >> failure->kind & 1))
        report_failure(&host->results, "failure", &host->names, failure, view);
    deadline_writes(false);
    host->failure_count++;
    if (host->wants_shortest)
        return 0;
    host->kinds_shown |= UINT64_C(1) << failure->kind;
    if (host->failure_limit == 0 || host->failure_count < host->failure_limit)
        return 0;
    host->stop_reason = "failure";
    return 1;
}

static void on_given(void *self, const struct explore_given *given) {
    struct host *host = self;

    deadline_writes(true);
    host_line_given(host, given);
    deadline_writes(false);
}

static void on_begin_anew(void *self) {
    struct host *host = self;

    outcomes_forget(&host->outcomes);
    free(host->shown_schedule);
    host->shown_schedule = NULL;
    host->has_printed = false;
    if (host->dump.file)
        fputs("{\"anew\": true}\n", host->dump.file);
}

static int should_stop(void *self, const struct explore_progress *progress) {
    struct host *host = self;
    double now = now_s();

    host->last = *progress;
    if (host->progress_s > 0 && now - host->reported_s >= host->progress_s) {
        host->reported_s = now;
        host_line_progress(host, progress, now);
    }
    if (progress->bytes > MEMORY_BYTES)
        host->stop_reason = "memory";
    else if (host->runtime->hurry)
        host->stop_reason = deadline_was_interrupted() ? "interrupt" : "budget";
    else
        return 0;
    deadline_next(); /* for an estimate */
    return 1;
}

static void write_results(double seconds) {
    deadline_writes(true);
    shortest_write(&the_host.shortest, &the_host.results);
    if (the_host.wants_outcomes)
        outcomes_report(&the_host.outcomes, &the_host.results);
    host_line_result(&the_host, &the_result, seconds);
}

/* In a signal handler: who is at work does not come to an end. */
static void give_up(void) {
    the_result.stopped = 1;
    if (the_host.runtime->current)
        runtime_note_busy(the_host.runtime->last_site);
    if (!the_host.stop_reason)
        the_host.stop_reason = deadline_was_interrupted() ? "interrupt" : "budget";
    write_results(now_s() - the_host.started_s);
    _exit(0);
}

/* Resolvers of indirect functions run before there is a thread to blame. */
static void on_fault_while_loading(int number) {
    host_line_problem(&the_host,
                      "the program cannot be loaded: what it runs before it begins (a "
                      "resolver of an indirect function?) ends with SIG%s",
                      sigabbrev_np(number));
}

static void load(struct host *host, const char *path) {
    struct runtime *runtime = host->runtime;
    char problem[512];

    crash_catch(on_fault_while_loading);
    if (!program_open(runtime, path, served_address, problem, sizeof problem))
        host_line_problem(host, "%s", problem);
    if (!runtime->main_function)
        host_line_problem(host,
                          "the program has no main function: name the file that has "
                          "it as well, or let `heald init` describe these functions");
}

/* What the options and the words behind them say of the program. */
static void prepare(struct host *host, char **program) {
    static char name[] = "program";
    struct runtime *runtime = host->runtime;

    runtime->arguments = program;
    for (runtime->argument_count = 0; program[runtime->argument_count];)
        runtime->argument_count++;
    runtime->is_sc = host->options.model == EXPLORE_SC;
    runtime->races_allowed = host->options.races_allowed;
    runtime->volatile_relaxed = host->options.volatile_relaxed;
    runtime->seed = host->options.seed;
    host->options.untold = runtime->is_rust || EXPLORE_UNTOLD_EVERYWHERE;
    host->options.ranges = runtime->statics;
    host->options.range_count = runtime->static_count;
    host->options.plain_relaxed = runtime->orders.has_relaxed;
    runtime->no_retry |= runtime->races_allowed || runtime->volatile_relaxed ||
                         runtime->orders.has_relaxed;
    runtime->arguments[0] = name; /* the same in every place and process */
}

static volatile sig_atomic_t is_to_hand_over;

static void on_hand_over(int number) {
    (void)number;
    is_to_hand_over++;
}

/* On the other stack, as all handlers: a program's own may be small. */
static void listen_to_others(void) {
    struct sigaction action = {.sa_handler = on_hand_over,
                               .sa_flags = SA_ONSTACK | SA_RESTART};

    sigaction(SIGUSR1, &action, NULL);
}

/* As before the options of a search were read: nothing of it is left for the next one. */
static void forget(struct host *host, bool no_retry) {
    struct runtime *runtime = host->runtime;

    deadline_end();
    runtime->tells_callers = false;
    free(host->shown_schedule);
    outcomes_end(&host->outcomes);
    shortest_end(&host->shortest);
    free(host->widths.width);
    *host = (struct host){.runtime = runtime, .names = host->names};
    the_result = (struct explore_result){0};
    orders_end(&runtime->orders);
    is_to_hand_over = 0;
    runtime->hurry = 0;
    runtime->asked = 0;
    runtime->busy = (struct busy){0};
    runtime->idle_ms = 0;
    runtime->any_exit_status = false;
    runtime->endless_ms = ENDLESS_MS;
    runtime->no_retry = no_retry;
    scenario_forget();
}

static int run(void) {
    struct runtime *runtime = the_host.runtime;

    the_host.options.callbacks =
        (struct explore_callbacks){.self = &the_host,
                                   .on_execution = on_execution,
                                   .on_failure = on_failure,
                                   .on_begin_anew = on_begin_anew,
                                   .should_stop = should_stop,
                                   .hurry = &runtime->hurry,
                                   .hand_over = &is_to_hand_over,
                                   .on_given = on_given};
    is_to_hand_over = (sig_atomic_t)the_host.given_first;
    the_host.options.widths = &the_host.widths;
    listen_to_others();
    if (the_host.options.search == EXPLORE_REPLAY)
        host_line_callers(&the_host);
    /* Told apart by how often they occur, or written out: all must be seen. */
    the_host.options.callbacks.once_is_enough =
        !the_host.wants_outcomes && !the_host.dump.file && !the_host.trace_count;
    struct program program = program_of(runtime);
    the_host.started_s = the_host.reported_s = now_s();
    deadline_begin(the_host.budget_s, &runtime->hurry, give_up);
    serve_listen();
    if (the_host.options.shared)
        host_line_begun(&the_host);
    int outcome = explore(&program, &the_host.options, &the_result);
    double elapsed_s = now_s() - the_host.started_s;
    if (outcome != 0) {
        fprintf(stderr, "engine bug: the search ran out of memory\n");
        return EXIT_ENGINE;
    }
    if (runtime->hurry && the_result.stopped && !the_host.stop_reason)
        the_host.stop_reason = deadline_was_interrupted() ? "interrupt" : "budget";
    if (the_result.lost)
        the_host.stop_reason = "lost";
    deadline_next();
    host_line_output(&the_host);
    write_results(elapsed_s);
    return 0;
}

/* Of a subject's scenarios many in this process; of a whole program one, it may leave more behind. */
static int serve_searches(int count, char **words) {
    struct runtime *runtime = the_host.runtime;
    bool no_retry = runtime->no_retry;

    for (;;) {
        prepare(&the_host, host_options(&the_host, count, words));
        int status = run();
        if (status || !runtime->is_scenario)
            return status;
        forget(&the_host, no_retry);
        words = serve_next(&count);
    }
}

int main(int count, char **words) {
    static struct runtime runtime;
    bool serves = count == 3 && strcmp(words[1], "--serve") == 0;

    the_host.runtime = &runtime;
    the_host.names.runtime = &runtime;
    if (serves) {
        load(&the_host, words[2]);
        words = serve(&count);
        crash_install();
        confine_host();
        return serve_searches(count, words);
    }
    char **program_words = host_options(&the_host, count, words);
    load(&the_host, program_words[0]);
    prepare(&the_host, program_words);
    crash_install();
    confine_host();
    return run();
}
