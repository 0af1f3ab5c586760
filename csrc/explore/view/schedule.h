/* SPDX-License-Identifier: MIT */
/* schedule: reading the text that explore_schedule() writes; its form is told in schedule.c. */
#ifndef EXPLORE_SCHEDULE_H
#define EXPLORE_SCHEDULE_H

#include <stdint.h>

struct schedule_step {
    uint32_t thread;
    uint32_t way;     /* 0: the ordinary one */
    uint8_t spurious; /* a weak compare-exchange fails for no reason */
};

struct schedule_reader {
    const char *text;
    unsigned long repeat;
    struct schedule_step step;
};

/* Where the widths begin, if there are any: graph/widths.h. */
const char *schedule_widths(const char *text);

/* 0: the text has ended (or is none). */
int schedule_next(struct schedule_reader *reader, struct schedule_step *step);

#endif
