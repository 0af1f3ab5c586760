/* SPDX-License-Identifier: MIT */
/*
 * run: performs one case: opens, calls the subject, collects what is to be seen, judges.
 */
#ifndef HEALD_FAULTS_RUN_H
#define HEALD_FAULTS_RUN_H

#include "subject.h"

/* Once, before the first case. Returns 0, or -1 with errno. */
int run_begin(void);

void run_case(const struct subject *subject, const struct fault_case *the_case,
              struct fault_result *result);

#endif
