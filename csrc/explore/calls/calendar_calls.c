/* SPDX-License-Identifier: MIT */
/*
 * calendar_calls: times as dates and texts. The time zone is UTC: there is no environment to say
 * otherwise.
 *
 * Not       gmtime, localtime, asctime and ctime answer in memory that all threads share: they are
 *           refused by name; their _r forms are here.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/runtime.h"

SERVE(struct tm *, gmtime_r, (const time_t *time, struct tm *date)) {
    uint32_t site = SITE;
    struct tm made;

    access_ask_block(ACTION_READ, time, sizeof *time, site);
    if (!gmtime_r(time, &made))
        return NULL;
    access_ask_block(ACTION_WRITE, date, sizeof *date, site);
    *date = made;
    return date;
}

SERVE(time_t, timegm, (struct tm * date)) {
    uint32_t site = SITE;

    runtime_used_stack(16384);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    struct tm made = *date;
    time_t time = timegm(&made);
    access_ask_block(ACTION_WRITE, date, sizeof *date, site);
    *date = made;
    return time;
}

SERVE(size_t, strftime,
      (char *to, size_t room, const char *format, const struct tm *date)) {
    uint32_t site = SITE;
    char text[1024];

    runtime_used_stack(16384);
    access_ask_block(ACTION_READ, format, strlen(format) + 1, site);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    size_t length = strftime(text, room < sizeof text ? room : sizeof text, format, date);
    if (length == 0)
        return 0;
    access_ask_block(ACTION_WRITE, to, length + 1, site);
    memcpy(to, text, length + 1);
    return length;
}

SERVE(char *, asctime_r, (const struct tm *date, char *to)) {
    uint32_t site = SITE;
    char text[64];

    runtime_used_stack(16384);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    if (!asctime_r(date, text))
        return NULL;
    access_ask_block(ACTION_WRITE, to, strlen(text) + 1, site);
    return strcpy(to, text);
}

SERVE(double, difftime, (time_t late, time_t early)) { return difftime(late, early); }

const struct service calendar_services[] = {
    SERVICE(gmtime_r), SERVICE_AS("localtime_r", gmtime_r),
    SERVICE(timegm),   SERVICE_AS("mktime", timegm),
    SERVICE(strftime), SERVICE(asctime_r),
    SERVICE(difftime), {0},
};
