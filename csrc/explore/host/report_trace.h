/* SPDX-License-Identifier: MIT */
/*
 * report_trace: the steps of an execution as JSON: what each did, what it read and from where.
 *
 * Why       People read executions as a sequence. The engine knows which store each read got and
 *           which newer ones were there already; the Python side only lays it out (heald/showing/trace.py).
 */
#ifndef EXPLORE_REPORT_TRACE_H
#define EXPLORE_REPORT_TRACE_H

#include <heald/explore.h>

#include "host/json.h"
#include "host/names.h"

/* Only the steps, as the value of a key that the caller wrote: those that the failure depends on,
   or all of them (NULL). */
void report_trace(struct json *json, struct names *names,
                  const struct explore_failure *failure, const struct explore_view *view);

#endif
