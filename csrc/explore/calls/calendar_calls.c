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
#include "program/library_data.h"
#include "program/runtime.h"

static struct tm *take_apart(const time_t *time, struct tm *date, uint32_t site) {
    struct tm made;

    access_ask_block(ACTION_READ, time, sizeof *time, site);
    if (!gmtime_r(time, &made))
        return NULL;
    access_ask_block(ACTION_WRITE, date, sizeof *date, site);
    *date = made;
    return date;
}

SERVE(struct tm *, gmtime_r, (const time_t *time, struct tm *date)) {
    return take_apart(time, date, SITE);
}

/* The object that all threads share. */
static struct tm *the_date(void) {
    return (struct tm *)library_data_address("gmtime's result");
}

SERVE(struct tm *, gmtime, (const time_t *time)) {
    return take_apart(time, the_date(), SITE);
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
    access_ask_text(format, strlen(format) + 1, site);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    size_t length = strftime(text, room < sizeof text ? room : sizeof text, format, date);
    if (length == 0)
        return 0;
    access_ask_block(ACTION_WRITE, to, length + 1, site);
    memcpy(to, text, length + 1);
    return length;
}

static char *write_date(const struct tm *date, char *to, uint32_t site) {
    char text[64];

    runtime_used_stack(16384);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    if (!asctime_r(date, text))
        return NULL;
    access_ask_block(ACTION_WRITE, to, strlen(text) + 1, site);
    return strcpy(to, text);
}

SERVE(char *, asctime_r, (const struct tm *date, char *to)) {
    return write_date(date, to, SITE);
}

SERVE(char *, asctime, (const struct tm *date)) {
    return write_date(date, (char *)library_data_address("asctime's result"), SITE);
}

SERVE(char *, ctime_r, (const time_t *time, char *to)) {
    struct tm date;
    uint32_t site = SITE;
    return take_apart(time, &date, site) ? write_date(&date, to, site) : NULL;
}

SERVE(char *, ctime, (const time_t *time)) {
    uint32_t site = SITE;
    struct tm *date = take_apart(time, the_date(), site);
    return date ? write_date(date, (char *)library_data_address("asctime's result"), site)
                : NULL;
}

SERVE(double, difftime, (time_t late, time_t early)) { return difftime(late, early); }

const struct service calendar_services[] = {
    SERVICE(gmtime_r),
    SERVICE_AS("localtime_r", gmtime_r),
    SERVICE(gmtime),
    SERVICE_AS("localtime", gmtime),
    SERVICE(asctime),
    SERVICE(ctime),
    SERVICE(ctime_r),
    SERVICE(timegm),
    SERVICE_AS("mktime", timegm),
    SERVICE(strftime),
    SERVICE(asctime_r),
    SERVICE(difftime),
    {0},
};
