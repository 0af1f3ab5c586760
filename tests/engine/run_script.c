/* SPDX-License-Identifier: MIT */
/*
 * run_script: explore a scripted program and print what came out, one "key value" a line.
 *
 * usage: run_script [-m sc|tso|rc11] [-r] [-n MAX] [-c BYTES] [-i VARIABLE=NUMBER] [-t] TEXT
 *   -s names the search, -S the seed, -R replays a schedule, -w weak failures, -l minds leaks, -M remembers nothing, -H EVERY gives a part away each so many executions, -A and -U name a part, -k goes on after failures
 *   -y takes threads of equal text for identical (symmetry)
 *   -o is content to be shown each execution once (sampling)
 *   -r allows races, -n MAX executions, -c memory cap, -t prints executions per second, -p graphs,
 *   -T prints each execution, or the failure, with its trace as one line of JSON
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "failure.h"
#include "heald/explore.h"
#include "scripted.h"

struct seen {
    uint64_t *hash;
    size_t count, capacity;
    int wanted, printed, keeps_going, traced;
    unsigned gives_every, visited;
};

static void print_graph(const struct explore_view *view) {
    for (uint32_t t = 0; t < explore_view_threads(view); t++) {
        printf("thread %u:", t);
        for (uint32_t i = 0; i < explore_view_length(view, t); i++) {
            struct explore_event event;
            explore_view_event(view, t, i, &event);
            printf(" [%u]k%d", event.stamp, event.action->kind);
            if (event.reads)
                printf(" r%llu<-%d.%u", (unsigned long long)event.value_read[0],
                       event.rf_thread, event.rf_index);
            if (event.writes)
                printf(" w%llu@%u", (unsigned long long)event.value_written[0],
                       event.mo_position);
            if (event.waiting)
                printf(" waiting");
        }
        printf("\n");
    }
}

static void print_schedule(const struct explore_view *view) {
    char text[4096];
    explore_schedule(view, text, sizeof text);
    printf("schedule %s\nhash %016llx\n", text,
           (unsigned long long)explore_view_hash(view));
}

static void print_json_event(const struct explore_view *view, uint32_t thread,
                             uint32_t index) {
    struct explore_event event;
    explore_view_event(view, thread, index, &event);
    const struct action *action = event.action;
    printf("%s{\"kind\":%d", index ? "," : "", action->kind);
    if (event.size)
        printf(",\"location\":%u", event.location);
    if (event.size && event.reads)
        printf(",\"rf\":[%d,%u]", event.rf_thread, event.rf_index);
    if (event.size && event.writes)
        printf(",\"mo\":%u", event.mo_position);
    if (action->kind == ACTION_SPAWN)
        printf(",\"child\":%u", explore_view_child(view, thread, index));
    if (action->kind == ACTION_JOIN)
        printf(",\"of\":%u", (unsigned)action->operand[0]);
    printf("}");
}

static void print_json(const struct explore_view *view,
                       const struct explore_failure *failure) {
    static struct explore_step steps[SCRIPT_THREADS * (SCRIPT_STATEMENTS + 1)];
    struct explore_trace trace =
        explore_view_trace(view, failure, steps, sizeof steps / sizeof *steps);
    printf("json {\"threads\":[");
    for (uint32_t t = 0; t < explore_view_threads(view); t++) {
        printf("%s[", t ? "," : "");
        for (uint32_t i = 0; i < explore_view_length(view, t); i++)
            print_json_event(view, t, i);
        printf("]");
    }
    printf("],\"switches\":%u,\"at_least\":%u,\"order\":[", trace.switches,
           trace.at_least);
    for (size_t i = 0; i < trace.count; i++)
        printf("%s[%u,%u]", i ? "," : "", steps[i].thread, steps[i].index);
    printf("],\"places\":[");
    for (uint32_t i = 0; failure && i < failure->places; i++)
        printf("%s[%u,%u]", i ? "," : "", failure->place[i].thread,
               failure->place[i].index);
    printf("]}\n");
}

static volatile sig_atomic_t hands_over;

static void print_point(const uint64_t *key, size_t count) {
    printf(" ");
    for (size_t i = 0; i < count; i++)
        printf("%s%llx", i ? "." : "", (unsigned long long)key[i]);
}

static void print_given(void *self, const struct explore_given *given) {
    (void)self;
    printf("share");
    print_point(given->after, given->after_count);
    print_point(given->until, given->until_count);
    printf("\n");
}

static int remember(void *self, const struct explore_view *view) {
    struct seen *seen = self;
    if (seen->gives_every && ++seen->visited % seen->gives_every == 0)
        hands_over++;
    if (seen->printed) {
        print_graph(view);
        print_schedule(view);
    }
    if (seen->traced)
        print_json(view, NULL);
    if (!seen->wanted)
        return 0;
    if (seen->count == seen->capacity) {
        seen->capacity = seen->capacity ? seen->capacity * 2 : 1024;
        seen->hash = realloc(seen->hash, seen->capacity * sizeof *seen->hash);
        if (!seen->hash)
            abort();
    }
    seen->hash[seen->count++] = explore_view_hash(view);
    return 0;
}

static int go_on(void *self, const struct explore_failure *failure,
                 const struct explore_view *view) {
    const struct seen *seen = self;
    if (seen->keeps_going)
        return 0;
    if (seen->traced)
        print_json(view, failure);
    print_graph(view);
    print_schedule(view);
    printf("failure %s: %s\n", failure_word(failure->kind),
           failure->message ? failure->message : "");
    return 1;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static size_t distinct(struct seen *seen) {
    size_t count = 0;
    if (seen->count)
        qsort(seen->hash, seen->count, sizeof *seen->hash, compare);
    for (size_t i = 0; i < seen->count; i++)
        if (!i || seen->hash[i] != seen->hash[i - 1])
            count++;
    return count;
}

int main(int argc, char **argv) {
    struct explore_options options = {.model = EXPLORE_RC11, .leaks_allowed = 1};
    struct seen seen = {.wanted = 1};
    const char *text = NULL, *initial[16];
    int initials = 0, timed = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-m")) {
            i++;
            options.model = argv[i][0] == 's'   ? EXPLORE_SC
                            : argv[i][0] == 't' ? EXPLORE_TSO
                                                : EXPLORE_RC11;
        } else if (!strcmp(argv[i], "-r")) {
            options.races_allowed = 1;
        } else if (!strcmp(argv[i], "-n")) {
            options.max_executions = strtoull(argv[++i], NULL, 10);
        } else if (!strcmp(argv[i], "-c")) {
            options.memory_cap = strtoull(argv[++i], NULL, 10);
        } else if (!strcmp(argv[i], "-i")) {
            initial[initials++] = argv[++i];
        } else if (!strcmp(argv[i], "-s")) {
            static const char *const names[] = {"exhaustive", "uniform", "pct",  "pos",
                                                "replay",     "choices", "mixed"};
            i++;
            for (int k = 0; k < 7; k++)
                if (!strcmp(argv[i], names[k]))
                    options.search = (enum explore_search)k;
        } else if (!strcmp(argv[i], "-S")) {
            options.seed = strtoull(argv[++i], NULL, 10);
        } else if (!strcmp(argv[i], "-R")) {
            options.schedule = argv[++i];
            options.search = EXPLORE_REPLAY;
        } else if (!strcmp(argv[i], "-H")) {
            options.shared = 1;
            options.callbacks.hand_over = &hands_over;
            options.callbacks.on_given = print_given;
            seen.gives_every = (unsigned)atoi(argv[++i]);
        } else if (!strcmp(argv[i], "-A")) {
            options.after = argv[++i];
        } else if (!strcmp(argv[i], "-U")) {
            options.until = argv[++i];
        } else if (!strcmp(argv[i], "-M")) {
            options.no_memo = 1;
        } else if (!strcmp(argv[i], "-l")) {
            options.leaks_allowed = 0;
        } else if (!strcmp(argv[i], "-y")) {
            options.symmetry = 1;
        } else if (!strcmp(argv[i], "-o")) {
            options.callbacks.once_is_enough = 1;
        } else if (!strcmp(argv[i], "-w")) {
            options.weak_failures = 1;
        } else if (!strcmp(argv[i], "-k")) {
            seen.keeps_going = 1;
        } else if (!strcmp(argv[i], "-p")) {
            seen.printed = 1;
        } else if (!strcmp(argv[i], "-T")) {
            seen.traced = 1;
        } else if (!strcmp(argv[i], "-t")) {
            timed = 1;
        } else {
            text = argv[i];
        }
    }
    if (!text)
        return 2;
    struct script *script = script_parse(text);
    for (int i = 0; i < initials; i++)
        script_initial(script, initial[i][0], strtoull(initial[i] + 2, NULL, 10));
    struct program program = script_program(script);
    script_heap(script, &options.heap_begin, &options.heap_end);
    options.callbacks.self = &seen;
    options.callbacks.on_execution = timed ? NULL : remember;
    options.callbacks.on_failure = go_on;
    struct explore_result result;
    clock_t begin = clock();
    int failed = explore(&program, &options, &result);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("executions %llu\nblocked %llu\ndistinct %zu\nfailures %llu\nexhausted "
           "%d\nruns %llu\ndiverged %d\nremembered %llu\nsteps %llu\ntwins "
           "%llu\nestimate %.3f\nshares %.9f\ngiven %u\nlost %d\ntree %llu\n",
           (unsigned long long)result.executions, (unsigned long long)result.blocked,
           distinct(&seen), (unsigned long long)result.failures, result.exhausted,
           (unsigned long long)result.runs, result.diverged,
           (unsigned long long)result.remembered, (unsigned long long)result.steps,
           (unsigned long long)result.twins, result.estimate, result.shares, result.given,
           result.lost, (unsigned long long)result.tree);
    if (timed)
        printf("seconds %.3f\nper_second %.0f\nns_per_step %.1f\npeak %zu\n", seconds,
               (double)(result.executions + result.blocked) / seconds,
               seconds * 1e9 / (double)result.steps, result.peak_bytes);
    script_free(script);
    free(seen.hash);
    return failed ? 1 : 0;
}
