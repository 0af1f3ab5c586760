/* SPDX-License-Identifier: MIT */
/* host_lines: what is written between the failures and the graphs. host.c tells their forms, and
   heald/explorer/process.py reads them. */
#ifndef EXPLORE_HOST_LINES_H
#define EXPLORE_HOST_LINES_H

#include "host/host_state.h"

/* Says why nothing can begin, as a line and on stderr, and ends the process. */
__attribute__((noreturn, format(printf, 2, 3))) void
host_line_problem(struct host *host, const char *format, ...);

/* It listens to who asks for a part. */
void host_line_begun(struct host *host);
void host_line_given(struct host *host, const struct explore_given *given);
void host_line_progress(struct host *host, const struct explore_progress *progress,
                        double now_s);
void host_line_result(struct host *host, const struct explore_result *result,
                      double seconds);
/* Who called is told of the actions from now on. */
void host_line_callers(struct host *host);
/* What the execution that is shown printed; the failure that it is again. */
void host_line_output(struct host *host);

#endif
