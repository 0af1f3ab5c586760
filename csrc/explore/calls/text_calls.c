/* SPDX-License-Identifier: MIT */
/* text_calls: strings as accesses: each byte looked at is read, each byte set is written. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "calls/format.h"
#include "calls/heap_calls.h"
#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static void reads(const char *text, size_t bytes, uint32_t site) {
    access_ask_text(text, bytes, site);
}

static void writes(const void *memory, size_t bytes, uint32_t site) {
    access_ask_block(ACTION_WRITE, memory, bytes, site);
}

/* Bytes of a text that a search up to `limit` looks at. */
static size_t span(const char *text, size_t limit) {
    size_t length = strnlen(text, limit);
    return length < limit ? length + 1 : limit;
}

SERVE(size_t, strlen, (const char *text)) {
    size_t length = strlen(text);
    reads(text, length + 1, SITE);
    return length;
}

SERVE(size_t, strnlen, (const char *text, size_t limit)) {
    reads(text, span(text, limit), SITE);
    return strnlen(text, limit);
}

/* A comparison looks as far as the first difference. */
static void reads_both(const char *a, const char *b, size_t limit, uint32_t site) {
    size_t same = 0;

    while (same + 1 < limit && a[same] == b[same] && a[same])
        same++;
    access_look(b, limit ? same + 1 : 0, site);
    reads(a, limit ? same + 1 : 0, site);
    reads(b, limit ? same + 1 : 0, site);
}

SERVE(int, strcmp, (const char *a, const char *b)) {
    reads_both(a, b, SIZE_MAX, SITE);
    return strcmp(a, b);
}

SERVE(int, strncmp, (const char *a, const char *b, size_t limit)) {
    reads_both(a, b, limit, SITE);
    return strncmp(a, b, limit);
}

SERVE(int, strcasecmp, (const char *a, const char *b)) {
    uint32_t site = SITE;
    reads(a, strlen(a) + 1, site);
    reads(b, strlen(b) + 1, site);
    return strcasecmp(a, b);
}

static char *copy_text(char *to, const char *from, uint32_t site) {
    size_t bytes = strlen(from) + 1;

    reads(from, bytes, site);
    writes(to, bytes, site);
    memmove(to, from, bytes);
    return to + bytes - 1;
}

SERVE(char *, strcpy, (char *to, const char *from)) {
    copy_text(to, from, SITE);
    return to;
}

SERVE(char *, stpcpy, (char *to, const char *from)) { return copy_text(to, from, SITE); }

/* Returns the length of what was copied; the rest of the room is cleared. */
static size_t fill_text(char *to, const char *from, size_t room, uint32_t site) {
    size_t length = strnlen(from, room);
    reads(from, span(from, room), site);
    writes(to, room, site);
    memmove(to, from, length);
    memset(to + length, 0, room - length);
    return length;
}

SERVE(char *, strncpy, (char *to, const char *from, size_t limit)) {
    fill_text(to, from, limit, SITE);
    return to;
}

SERVE(char *, stpncpy, (char *to, const char *from, size_t limit)) {
    return to + fill_text(to, from, limit, SITE);
}

SERVE(char *, strcat, (char *to, const char *from)) {
    uint32_t site = SITE;
    size_t length = strlen(to);
    reads(to, length + 1, site);
    copy_text(to + length, from, site);
    return to;
}

SERVE(char *, strncat, (char *to, const char *from, size_t limit)) {
    uint32_t site = SITE;
    size_t length = strlen(to);
    size_t added = strnlen(from, limit);
    reads(to, length + 1, site);
    reads(from, span(from, limit), site);
    writes(to + length, added + 1, site);
    memmove(to + length, from, added);
    to[length + added] = '\0';
    return to;
}

SERVE(char *, strchr, (const char *text, int wanted)) {
    char *found = strchr(text, wanted);
    reads(text, (found ? (size_t)(found - text) : strlen(text)) + 1, SITE);
    return found;
}

SERVE(char *, strrchr, (const char *text, int wanted)) {
    reads(text, strlen(text) + 1, SITE);
    return strrchr(text, wanted);
}

SERVE(char *, strstr, (const char *text, const char *wanted)) {
    uint32_t site = SITE;
    reads(text, strlen(text) + 1, site);
    reads(wanted, strlen(wanted) + 1, site);
    return strstr(text, wanted);
}

SERVE(int, strncasecmp, (const char *a, const char *b, size_t limit)) {
    uint32_t site = SITE;
    reads(a, span(a, limit), site);
    reads(b, span(b, limit), site);
    return strncasecmp(a, b, limit);
}

SERVE(char *, strchrnul, (const char *text, int wanted)) {
    char *found = strchrnul(text, wanted);
    reads(text, (size_t)(found - text) + 1, SITE);
    return found;
}

SERVE(char *, strcasestr, (const char *text, const char *wanted)) {
    uint32_t site = SITE;
    reads(text, strlen(text) + 1, site);
    reads(wanted, strlen(wanted) + 1, site);
    return strcasestr(text, wanted);
}

SERVE(size_t, strspn, (const char *text, const char *set)) {
    uint32_t site = SITE;
    size_t length = strspn(text, set);
    reads(set, strlen(set) + 1, site);
    reads(text, length + 1, site);
    return length;
}

SERVE(size_t, strcspn, (const char *text, const char *set)) {
    uint32_t site = SITE;
    size_t length = strcspn(text, set);
    reads(set, strlen(set) + 1, site);
    reads(text, length + 1, site);
    return length;
}

SERVE(char *, strpbrk, (const char *text, const char *set)) {
    uint32_t site = SITE;
    size_t length = strcspn(text, set);
    reads(set, strlen(set) + 1, site);
    reads(text, length + 1, site);
    return text[length] ? (char *)(uintptr_t)text + length : NULL;
}

SERVE(const char *, strerror_r, (int error, char *to, size_t room)) {
    const char *text = strerrordesc_np(error);
    (void)to;
    (void)room;
    return text ? text : "Unknown error"; /* the buffer need not be used */
}

SERVE(int, __xpg_strerror_r, (int error, char *to, size_t room)) {
    const char *text = strerrordesc_np(error);
    const char *said = text ? text : "Unknown error";
    size_t bytes = strlen(said) + 1;

    if (room == 0)
        return ERANGE;
    writes(to, bytes < room ? bytes : room, SITE);
    snprintf(to, room, "%s", said);
    return !text ? EINVAL : bytes > room ? ERANGE : 0;
}

/* --- formatting into the program's memory ------------------------------------------------- */

static int format_into(char *to, size_t room, const char *format, va_list arguments,
                       uint32_t site) {
    va_list again;

    runtime_used_stack(16384);
    format_accesses(format, arguments, site);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length >= 0 && room)
        writes(to, (size_t)length < room ? (size_t)length + 1 : room, site);
    vsnprintf(to, room, format, arguments);
    return length;
}

SERVE(int, vsnprintf, (char *to, size_t room, const char *format, va_list arguments)) {
    return format_into(to, room, format, arguments, SITE);
}

SERVE(int, snprintf, (char *to, size_t room, const char *format, ...)) {
    va_list arguments;
    va_start(arguments, format);
    int length = format_into(to, room, format, arguments, SITE);
    va_end(arguments);
    return length;
}

SERVE(int, vsprintf, (char *to, const char *format, va_list arguments)) {
    return format_into(to, 1 << 20, format, arguments, SITE);
}

SERVE(int, sprintf, (char *to, const char *format, ...)) {
    va_list arguments;
    va_start(arguments, format);
    int length = format_into(to, 1 << 20, format, arguments, SITE);
    va_end(arguments);
    return length;
}

SERVE(int, __snprintf_chk,
      (char *to, size_t room, int flag, size_t object, const char *format, ...)) {
    va_list arguments;
    (void)flag;
    (void)object;
    va_start(arguments, format);
    int length = format_into(to, room, format, arguments, SITE);
    va_end(arguments);
    return length;
}

SERVE(int, __vsnprintf_chk,
      (char *to, size_t room, int flag, size_t object, const char *format,
       va_list arguments)) {
    (void)flag;
    (void)object;
    return format_into(to, room, format, arguments, SITE);
}

/* The text is as long as it must be: a block of the heap. */
static int format_block(char **to, const char *format, va_list arguments, uint32_t site) {
    va_list again;

    runtime_used_stack(16384);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *block = length < 0 ? NULL : heap_allocate((size_t)length + 1, site);
    if (!block)
        return -1;
    format_into(block, (size_t)length + 1, format, arguments, site);
    writes(to, sizeof *to, site);
    *to = block;
    return length;
}

SERVE(int, vasprintf, (char **to, const char *format, va_list arguments)) {
    return format_block(to, format, arguments, SITE);
}

SERVE(int, __vasprintf_chk,
      (char **to, int flag, const char *format, va_list arguments)) {
    (void)flag;
    return format_block(to, format, arguments, SITE);
}

SERVE(int, asprintf, (char **to, const char *format, ...)) {
    uint32_t site = SITE;
    va_list arguments;
    va_start(arguments, format);
    int length = format_block(to, format, arguments, site);
    va_end(arguments);
    return length;
}

SERVE(int, __sprintf_chk, (char *to, int flag, size_t object, const char *format, ...)) {
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    int length = format_into(to, object, format, arguments, SITE);
    va_end(arguments);
    return length;
}

const struct service text_services[] = {
    SERVICE(strlen),
    SERVICE(strnlen),
    SERVICE(strcmp),
    SERVICE(strncmp),
    SERVICE(strcasecmp),
    SERVICE(strncasecmp),
    SERVICE(strchrnul),
    SERVICE(strcasestr),
    SERVICE(strspn),
    SERVICE(strcspn),
    SERVICE(strpbrk),
    SERVICE(stpncpy),
    SERVICE(strerror_r),
    SERVICE(__xpg_strerror_r),
    SERVICE_AS("strcoll", strcmp),
    SERVICE(strcpy),
    SERVICE_AS("__strcpy_chk", strcpy),
    SERVICE(stpcpy),
    SERVICE_AS("__stpcpy_chk", stpcpy),
    SERVICE(strncpy),
    SERVICE_AS("__strncpy_chk", strncpy),
    SERVICE(strcat),
    SERVICE_AS("__strcat_chk", strcat),
    SERVICE(strncat),
    SERVICE(strchr),
    SERVICE_AS("index", strchr),
    SERVICE(strrchr),
    SERVICE_AS("rindex", strrchr),
    SERVICE(strstr),
    SERVICE(vsnprintf),
    SERVICE(snprintf),
    SERVICE(vsprintf),
    SERVICE(sprintf),
    SERVICE(vasprintf),
    SERVICE(__vasprintf_chk),
    SERVICE(asprintf),
    SERVICE(__vsnprintf_chk),
    SERVICE(__snprintf_chk),
    SERVICE(__sprintf_chk),
    {0},
};
