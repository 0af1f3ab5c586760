/* SPDX-License-Identifier: MIT */
/*
 * locale_calls: the one locale of the small machine, and the calls that name one.
 *
 * Why       setlocale would change the host's own locale, for its reports and for all executions to
 *           come. There is "C" here, as in a container without others.
 * How       What the C++ library asks of a locale of its own (the names that end in _l) is the
 *           library's answer; only what is read and written lies in the program's memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static const char *const names[] = {"", "C", "POSIX", NULL};

static void read_text(const char *text, uint32_t site) {
    access_ask_text(text, strlen(text) + 1, site);
}

static void read_wide(const wchar_t *text, uint32_t site) {
    access_ask_text(text, (wcslen(text) + 1) * sizeof *text, site);
}

SERVE(const char *, setlocale, (int category, const char *name)) {
    (void)category;
    if (!name)
        return "C";
    read_text(name, SITE);
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return "C";
    return NULL;
}

SERVE(wctype_t, wctype, (const char *name)) {
    read_text(name, SITE);
    return wctype(name);
}

SERVE(wctype_t, __wctype_l, (const char *name, locale_t locale)) {
    read_text(name, SITE);
    return wctype_l(name, locale);
}

SERVE(locale_t, newlocale, (int mask, const char *name, locale_t base)) {
    read_text(name, SITE);
    return newlocale(mask, name, base);
}

SERVE(int, __strcoll_l, (const char *a, const char *b, locale_t locale)) {
    uint32_t site = SITE;
    read_text(a, site);
    read_text(b, site);
    return strcoll_l(a, b, locale);
}

SERVE(int, __wcscoll_l, (const wchar_t *a, const wchar_t *b, locale_t locale)) {
    uint32_t site = SITE;
    read_wide(a, site);
    read_wide(b, site);
    return wcscoll_l(a, b, locale);
}

#define TRANSFORM(name, function, letter, read)                                          \
    SERVE(size_t, name,                                                                  \
          (letter * to, const letter *from, size_t room, locale_t locale)) {             \
        uint32_t site = SITE;                                                            \
        read(from, site);                                                                \
        size_t length = function(NULL, from, 0, locale);                                 \
        if (length < room) {                                                             \
            access_ask_block(ACTION_WRITE, to, (length + 1) * sizeof *to, site);         \
            function(to, from, room, locale);                                            \
        }                                                                                \
        return length;                                                                   \
    }

TRANSFORM(__strxfrm_l, strxfrm_l, char, read_text)
TRANSFORM(__wcsxfrm_l, wcsxfrm_l, wchar_t, read_wide)

SERVE(size_t, strxfrm, (char *to, const char *from, size_t room)) {
    uint32_t site = SITE;
    size_t length = strlen(from);
    read_text(from, site);
    if (length < room) {
        access_ask_block(ACTION_WRITE, to, length + 1, site);
        memcpy(to, from, length + 1);
    }
    return length;
}

#define NUMBER(name, function, type)                                                     \
    SERVE(type, name, (const char *text, char **place, locale_t locale)) {               \
        uint32_t site = SITE;                                                            \
        char *end;                                                                       \
        errno = 0;                                                                       \
        type value = function(text, &end, locale);                                       \
        if (errno)                                                                       \
            runtime_thread()->error_number = errno;                                      \
        access_ask_text(text, (size_t)(end - text) + 1, site);                           \
        if (place) {                                                                     \
            access_ask_block(ACTION_WRITE, place, sizeof *place, site);                  \
            *place = end;                                                                \
        }                                                                                \
        return value;                                                                    \
    }

NUMBER(__strtod_l, strtod_l, double)
NUMBER(__strtof_l, strtof_l, float)
NUMBER(strtold_l, strtold_l, long double)

SERVE(size_t, __strftime_l,
      (char *to, size_t room, const char *format, const struct tm *date,
       locale_t locale)) {
    uint32_t site = SITE;
    char text[1024];

    runtime_used_stack(16384);
    read_text(format, site);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    size_t length =
        strftime_l(text, room < sizeof text ? room : sizeof text, format, date, locale);
    if (length) {
        access_ask_block(ACTION_WRITE, to, length + 1, site);
        memcpy(to, text, length + 1);
    }
    return length;
}

SERVE(size_t, __wcsftime_l,
      (wchar_t * to, size_t room, const wchar_t *format, const struct tm *date,
       locale_t locale)) {
    (void)locale;
    uint32_t site = SITE;
    wchar_t text[1024];

    runtime_used_stack(32768);
    read_wide(format, site);
    access_ask_block(ACTION_READ, date, sizeof *date, site);
    size_t length = wcsftime(text, room < 1024 ? room : 1024, format, date);
    if (length) {
        access_ask_block(ACTION_WRITE, to, (length + 1) * sizeof *to, site);
        wmemcpy(to, text, length + 1);
    }
    return length;
}

const struct service locale_services[] = {
    SERVICE(setlocale),
    SERVICE(wctype),
    SERVICE(__wctype_l),
    SERVICE_AS("wctype_l", __wctype_l),
    SERVICE(newlocale),
    SERVICE_AS("__newlocale", newlocale),
    SERVICE(__strcoll_l),
    SERVICE_AS("strcoll_l", __strcoll_l),
    SERVICE(__wcscoll_l),
    SERVICE_AS("wcscoll_l", __wcscoll_l),
    SERVICE(__strxfrm_l),
    SERVICE_AS("strxfrm_l", __strxfrm_l),
    SERVICE(__wcsxfrm_l),
    SERVICE_AS("wcsxfrm_l", __wcsxfrm_l),
    SERVICE(strxfrm),
    SERVICE(__strtod_l),
    SERVICE_AS("strtod_l", __strtod_l),
    SERVICE(__strtof_l),
    SERVICE_AS("strtof_l", __strtof_l),
    SERVICE(strtold_l),
    SERVICE(__strftime_l),
    SERVICE_AS("strftime_l", __strftime_l),
    SERVICE(__wcsftime_l),
    SERVICE_AS("wcsftime_l", __wcsftime_l),
    {0},
};
