/* SPDX-License-Identifier: MIT */
/* host_lines: see host_lines.h. */
#include "host/host_lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/deadline.h"
#include "host/report.h"
#include "program/callers.h"
#include "program/program.h"

enum { POINT_KEY_BYTES = 17 }; /* 64 bits in hexadecimal, and a point */

/* Other processes that search the same program must know them. */
static void put_widths(struct json *json, const struct explore_widths *widths) {
    if (!widths->count)
        return;
    json_key(json, "widths");
    json_open(json, '[');
    for (size_t i = 0; i < widths->count; i++) {
        char word[48];
        snprintf(word, sizeof word, "@%" PRIxPTR "+%u", widths->width[i].address,
                 widths->width[i].size);
        json_text(json, word);
    }
    json_close(json, ']');
}

void host_line_progress(struct host *host, const struct explore_progress *progress,
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
    if (host->options.shared) {
        json_key(json, "visited");
        json_real(json, progress->visited);
        json_key(json, "tree");
        json_count(json, progress->tree);
        put_widths(json, &host->widths);
    }
    json_close(json, '}');
    json_line(json);
}

void host_line_begun(struct host *host) {
    struct json *json = &host->results;

    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "begun");
    json_close(json, '}');
    json_line(json);
}

static void put_point(struct json *json, const char *name, const uint64_t *key,
                      size_t count) {
    char *text = malloc(count * POINT_KEY_BYTES + 1);
    size_t at = 0;

    if (!text)
        abort();
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        at += (size_t)sprintf(text + at, "%s%" PRIx64, i ? "." : "", key[i]);
    json_key(json, name);
    json_text(json, text);
    free(text);
}

void host_line_given(struct host *host, const struct explore_given *given) {
    struct json *json = &host->results;

    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "given");
    put_point(json, "after", given->after, given->after_count);
    put_point(json, "until", given->until, given->until_count);
    json_key(json, "size");
    json_real(json, given->size);
    json_close(json, '}');
    json_line(json);
}

static void put_set(struct json *json, uint32_t set, const char *const *words) {
    for (size_t i = 0; words[i]; i++)
        if (set >> i & 1)
            json_text(json, words[i]);
}

static void put_notes(struct json *json, uint32_t notes, unsigned asked) {
    static const char *const noted[] = {"unseen write", "large block", "filled block",
                                        "runs on",      "rounds",      NULL};
    static const char *const questions[] = {"environment", "random numbers", "time",
                                            "files",       "input",          NULL};

    json_key(json, "notes");
    json_open(json, '[');
    put_set(json, notes, noted);
    put_set(json, asked, questions);
    json_close(json, ']');
}

static void put_orders(struct json *json, const char *key, unsigned set) {
    json_key(json, key);
    json_open(json, '[');
    for (unsigned order = 0; order <= ORDER_SEQ_CST; order++)
        if (set >> order & 1)
            json_count(json, order);
    json_close(json, ']');
}

static void put_places(struct json *json, const struct runtime *runtime) {
    const struct orders *orders = &runtime->orders;
    static const char *const words[] = {[ACTION_LOAD] = "load",
                                        [ACTION_STORE] = "store",
                                        [ACTION_RMW] = "rmw",
                                        [ACTION_CAS] = "cas",
                                        [ACTION_FENCE] = "fence"};

    json_key(json, "places");
    json_open(json, '[');
    for (size_t i = 0; i < orders->room; i++) {
        const struct order_place *place = &orders->places[i];
        if (!place->site || (!place->written && !place->is_plain))
            continue;
        json_open(json, '{');
        json_key(json, "site");
        json_count(json, place->site);
        json_key(json, "operation");
        json_text(json, place->written ? words[place->kind] : "plain");
        put_orders(json, "orders", place->written);
        put_orders(json, "fail_orders", place->written_fail);
        json_key(json, "has_company");
        json_truth(json, place->has_company || runtime->has_grandchildren);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_long_loop(struct json *json, const struct explore_long_loop *loop) {
    json_key(json, "long_loop");
    json_open(json, '{');
    json_key(json, "thread");
    json_count(json, loop->thread);
    json_key(json, "site");
    json_count(json, loop->site);
    json_key(json, "followed");
    json_count(json, loop->followed);
    json_key(json, "further");
    json_count(json, loop->further);
    json_key(json, "then");
    json_text(json, loop->then);
    json_close(json, '}');
}

static void put_busy(struct json *json, const struct busy *busy) {
    json_key(json, "busy");
    json_open(json, '{');
    json_key(json, "thread");
    json_count(json, busy->thread);
    json_key(json, "site");
    json_count(json, busy->site);
    json_key(json, "idle_ms");
    json_count(json, busy->idle_ms);
    json_close(json, '}');
}

void host_line_result(struct host *host, const struct explore_result *result,
                      double seconds) {
    struct json *json = &host->results;
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"executions", result->executions},
                  {"blocked", result->blocked},
                  {"cut", result->cut},
                  {"failures", result->failures},
                  {"remembered", result->remembered},
                  {"lean", result->lean},
                  {"lean_doubts", result->lean_doubts},
                  {"refused", result->refused},
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
    if (result->lean_left) {
        json_key(json, "lean_left");
        json_text(json, result->lean_left);
    }
    json_key(json, "exhausted");
    json_truth(json, result->exhausted);
    json_key(json, "stopped");
    json_truth(json, result->stopped);
    json_key(json, "reason");
    if (host->stop_reason)
        json_text(json, host->stop_reason);
    else if (result->long_loop.followed)
        json_text(json, "long loop");
    else if (result->stopped)
        json_text(json, "executions");
    else
        json_null(json);
    put_notes(json, result->notes, host->runtime->asked);
    if (result->long_loop.followed)
        put_long_loop(json, &result->long_loop);
    put_widths(json, &host->widths);
    if (host->runtime->busy.is_known)
        put_busy(json, &host->runtime->busy);
    if (host->wants_places)
        put_places(json, host->runtime);
    if (host->options.shared) {
        json_key(json, "given");
        json_count(json, result->given);
        json_key(json, "lost");
        json_truth(json, result->lost);
        json_key(json, "tree");
        json_count(json, result->tree);
    }
    json_key(json, "estimate");
    json_real(json, result->estimate);
    json_key(json, "done");
    json_real(json, result->exhausted ? 1.0 : host->last.done);
    json_key(json, "seconds");
    json_real(json, seconds);
    json_close(json, '}');
    json_line(json);
}

static int stop_in_a_hurry(void *self, const struct explore_progress *progress) {
    const struct host *host = self;
    (void)progress;
    return host->runtime->hurry;
}

void host_line_callers(struct host *host) {
    struct runtime *runtime = host->runtime;

    runtime->callers = callers_begin(runtime->callers, &runtime->image);
    runtime->tells_callers = true;
}

/* The same failure, with what is told of an execution that really runs. */
static int tell_again(void *self, const struct explore_failure *failure,
                      const struct explore_view *view) {
    struct host *host = self;

    if (host->runtime->tells_callers) {
        deadline_writes(true);
        report_failure(&host->results, "again", &host->names, failure, view);
        deadline_writes(false);
    }
    return 1;
}

/* With behaviour remembered, not every execution really runs: what one prints, and who called, is
 * seen by running it again, by its schedule, with nothing remembered. */
void host_line_output(struct host *host) {
    struct program program = program_of(host->runtime);
    struct explore_options options = host->options;
    struct explore_result result;
    struct json *json = &host->results;

    if (!host->shown_schedule)
        return;
    options.search = EXPLORE_REPLAY;
    options.schedule = host->shown_schedule;
    options.no_memo = 1;
    options.shared = 0;
    options.callbacks = (struct explore_callbacks){
        .self = host,
        .on_failure = tell_again,
        .should_stop = stop_in_a_hurry,
        .hurry = &host->runtime->hurry,
    };
    host->runtime->tells_callers = false;
    if (host->options.search != EXPLORE_REPLAY) /* where it was told with them */
        host_line_callers(host);
    explore(&program, &options, &result);
    if (host->runtime->printed.used == 0)
        return;
    json_open(json, '{');
    json_key(json, "type");
    json_text(json, "output");
    json_key(json, "text");
    json_bytes(json, host->runtime->printed.bytes, host->runtime->printed.used);
    json_key(json, "cut");
    json_truth(json, host->runtime->printed.is_cut);
    json_close(json, '}');
    json_line(json);
}

void host_line_problem(struct host *host, const char *format, ...) {
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
