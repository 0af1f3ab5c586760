/* SPDX-License-Identifier: MIT */
/* report_graph: an execution graph as JSON; report.h has the form. */
#ifndef EXPLORE_REPORT_GRAPH_H
#define EXPLORE_REPORT_GRAPH_H

#include <heald/explore.h>

#include "host/json.h"
#include "host/names.h"

void report_graph(struct json *json, struct names *names,
                  const struct explore_view *view);

#endif
