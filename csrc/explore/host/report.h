/* SPDX-License-Identifier: MIT */
/*
 * report: execution graphs and failures as JSON.
 *
 * Forms     A graph: {"threads": [[EVENT...]...], "mo": {"loc": [[thread, index]...]}, "hash": "..."}.
 *           A failure: {"type": "failure", "kind", "message", "where": [...], "schedule", "trace"};
 *           in it source places are numbers ("site"), which the Python side turns into file and line.
 *           heald/explorer/program.py and heald/showing/trace.py describe the keys for their readers.
 */
#ifndef EXPLORE_REPORT_H
#define EXPLORE_REPORT_H

#include <heald/explore.h>

#include "host/json.h"
#include "host/names.h"

/* `type`: "failure", or "again" of one that was told before, without callers. */
void report_failure(struct json *json, const char *type, struct names *names,
                    const struct explore_failure *failure,
                    const struct explore_view *view);
/* An execution that did not fail: {"type": "trace", "schedule", "trace"}. */
void report_run(struct json *json, struct names *names, const struct explore_view *view);

#endif
