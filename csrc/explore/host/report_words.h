/* SPDX-License-Identifier: MIT */
/*
 * report_words: what steps and memory orders are called in reports.
 *
 * Why       The words are read by programs (--json) as well as by people, so they stand in one place.
 */
#ifndef EXPLORE_REPORT_WORDS_H
#define EXPLORE_REPORT_WORDS_H

#include <heald/explore.h>

#include "host/json.h"
#include "program/callers.h"

/* Of what the event did; of a hidden location, what the call that asked for it says. */
const char *report_words_step(const struct explore_event *event);

const char *report_words_order(unsigned order);

/* The places that an action was called from, under "callers"; nothing where none is known. */
void report_words_callers(struct json *json, const struct callers *callers,
                          uint32_t number);

#endif
