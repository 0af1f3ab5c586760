/* SPDX-License-Identifier: MIT */
/* host_state: what heald-explore knows while it runs, for the files that it consists of. */
#ifndef EXPLORE_HOST_STATE_H
#define EXPLORE_HOST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <heald/explore.h>

#include "host/json.h"
#include "host/names.h"
#include "host/outcomes.h"
#include "host/shortest.h"
#include "program/state.h"

enum { EXIT_USAGE = 2, EXIT_ENGINE = 5 };

/* A program that allocates for ever must not take the machine's memory; 20 MiB are usual. */
#define MEMORY_BYTES ((size_t)512 << 20)

struct host {
    struct runtime *runtime;
    struct names names;
    struct json results;
    struct json dump;
    struct explore_options options;
    struct explore_widths widths;
    struct explore_progress last;
    uint32_t given_first; /* parts to be given away from the beginning */
    double budget_s;      /* 0: none */
    double progress_s;    /* between progress lines; 0: none */
    double started_s;
    double reported_s;
    uint32_t
        failure_limit; /* ends the search; 0: goes on, and shows the first of each kind */
    uint64_t kinds_shown; /* bit set of enum explore_failure_kind */
    uint64_t failure_count;
    const char *stop_reason;
    char *
        shown_schedule; /* the execution whose output is shown: a failing one, else the first */
    bool has_printed;
    bool wants_outcomes;
    bool wants_places; /* the atomic operations that executed, with their orders */
    struct outcomes outcomes;
    uint64_t trace_count; /* executions whose steps are still to be written */
    bool wants_shortest;  /* of each kind of failure; the search goes on */
    struct shortest shortest;
};

#endif
