/* SPDX-License-Identifier: MIT */
/* wide_calls: texts of wide characters as accesses, and their way in and out of bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static void reads(const wchar_t *text, size_t count, uint32_t site) {
    access_ask_text(text, count * sizeof *text, site);
}

static void writes(const wchar_t *text, size_t count, uint32_t site) {
    access_ask_block(ACTION_WRITE, text, count * sizeof *text, site);
}

SERVE(size_t, wcslen, (const wchar_t *text)) {
    size_t length = wcslen(text);
    reads(text, length + 1, SITE);
    return length;
}

SERVE(int, wcscmp, (const wchar_t *a, const wchar_t *b)) {
    uint32_t site = SITE;
    reads(a, wcslen(a) + 1, site);
    reads(b, wcslen(b) + 1, site);
    return wcscmp(a, b);
}

SERVE(wchar_t *, wmemmove, (wchar_t * to, const wchar_t *from, size_t count)) {
    uint32_t site = SITE;
    reads(from, count, site);
    writes(to, count, site);
    return wmemmove(to, from, count);
}

SERVE(wchar_t *, wmemset, (wchar_t * to, wchar_t value, size_t count)) {
    writes(to, count, SITE);
    return wmemset(to, value, count);
}

SERVE(int, wmemcmp, (const wchar_t *a, const wchar_t *b, size_t count)) {
    uint32_t site = SITE;
    reads(a, count, site);
    reads(b, count, site);
    return wmemcmp(a, b, count);
}

SERVE(wchar_t *, wmemchr, (const wchar_t *text, wchar_t wanted, size_t count)) {
    reads(text, count, SITE);
    return wmemchr(text, wanted, count);
}

static wchar_t *copy(wchar_t *to, const wchar_t *from, size_t count, uint32_t site) {
    reads(from, count, site);
    writes(to, count, site);
    return wmemmove(to, from, count);
}

SERVE(wchar_t *, wcscpy, (wchar_t * to, const wchar_t *from)) {
    return copy(to, from, wcslen(from) + 1, SITE);
}

SERVE(wchar_t *, wcscat, (wchar_t * to, const wchar_t *from)) {
    uint32_t site = SITE;
    size_t length = wcslen(to);
    reads(to, length + 1, site);
    copy(to + length, from, wcslen(from) + 1, site);
    return to;
}

SERVE(wchar_t *, wcsncpy, (wchar_t * to, const wchar_t *from, size_t count)) {
    uint32_t site = SITE;
    size_t length = wcsnlen(from, count);
    reads(from, length < count ? length + 1 : count, site);
    writes(to, count, site);
    return wcsncpy(to, from, count);
}

SERVE(int, wcsncmp, (const wchar_t *a, const wchar_t *b, size_t count)) {
    uint32_t site = SITE;
    size_t same = 0;
    while (same + 1 < count && a[same] == b[same] && a[same])
        same++;
    access_look(b, count ? (same + 1) * sizeof *b : 0, site);
    reads(a, count ? same + 1 : 0, site);
    reads(b, count ? same + 1 : 0, site);
    return wcsncmp(a, b, count);
}

SERVE(wchar_t *, wcschr, (const wchar_t *text, wchar_t wanted)) {
    reads(text, wcslen(text) + 1, SITE);
    return wcschr(text, wanted);
}

SERVE(wchar_t *, wcsrchr, (const wchar_t *text, wchar_t wanted)) {
    reads(text, wcslen(text) + 1, SITE);
    return wcsrchr(text, wanted);
}

SERVE(wchar_t *, wcsstr, (const wchar_t *text, const wchar_t *wanted)) {
    uint32_t site = SITE;
    reads(text, wcslen(text) + 1, site);
    reads(wanted, wcslen(wanted) + 1, site);
    return wcsstr(text, wanted);
}

/* There is one locale, in which characters are bytes. */
SERVE(size_t, mbstowcs, (wchar_t * to, const char *from, size_t count)) {
    uint32_t site = SITE;
    size_t length = to ? strnlen(from, count) : strlen(from);
    access_ask_text(from, !to || length < count ? length + 1 : count, site);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)from[i] > 127)
            return (size_t)-1;
    if (to) {
        writes(to, length < count ? length + 1 : count, site);
        for (size_t i = 0; i < count && (i == 0 || from[i - 1]); i++)
            to[i] = (unsigned char)from[i];
    }
    return length;
}

SERVE(size_t, wcstombs, (char *to, const wchar_t *from, size_t count)) {
    uint32_t site = SITE;
    size_t length = to ? wcsnlen(from, count) : wcslen(from);
    reads(from, !to || length < count ? length + 1 : count, site);
    for (size_t i = 0; i < length; i++)
        if ((uint32_t)from[i] > 127)
            return (size_t)-1;
    if (to) {
        access_ask_block(ACTION_WRITE, to, length < count ? length + 1 : count, site);
        for (size_t i = 0; i < count && (i == 0 || from[i - 1]); i++)
            to[i] = (char)from[i];
    }
    return length;
}

static void read_state(mbstate_t *state, uint32_t site) {
    if (state)
        access_ask_block(ACTION_READ, state, sizeof *state, site);
}

SERVE(size_t, mbrtowc, (wchar_t * to, const char *from, size_t bytes, mbstate_t *state)) {
    uint32_t site = SITE;
    wchar_t made = 0;
    mbstate_t begun = {0};

    read_state(state, site);
    if (state)
        begun = *state;
    size_t used = mbrtowc(&made, from, bytes, &begun);
    if (from)
        access_ask_text(from, used && used < (size_t)-2 ? used : bytes ? 1 : 0, site);
    if (state) {
        access_ask_block(ACTION_WRITE, state, sizeof *state, site);
        *state = begun;
    }
    if (to && from && used < (size_t)-2) {
        writes(to, 1, site);
        *to = made;
    }
    return used;
}

/* The one locale has no states, which is what a call without a text asks. */
SERVE(int, mbtowc, (wchar_t * to, const char *from, size_t bytes)) {
    uint32_t site = SITE;
    wchar_t made = 0;
    mbstate_t begun = {0};

    if (!from)
        return 0;
    size_t used = mbrtowc(&made, from, bytes, &begun);
    access_ask_text(from, used && used < (size_t)-2 ? used : bytes ? 1 : 0, site);
    if (used >= (size_t)-2)
        return -1;
    if (to) {
        writes(to, 1, site);
        *to = made;
    }
    return (int)used;
}

SERVE(size_t, wcrtomb, (char *to, wchar_t from, mbstate_t *state)) {
    uint32_t site = SITE;
    char bytes[32];
    mbstate_t begun = {0};

    read_state(state, site);
    if (state)
        begun = *state;
    size_t made = wcrtomb(bytes, from, &begun);
    if (state) {
        access_ask_block(ACTION_WRITE, state, sizeof *state, site);
        *state = begun;
    }
    if (to && made < sizeof bytes) {
        access_ask_block(ACTION_WRITE, to, made, site);
        memcpy(to, bytes, made);
    }
    return made;
}

/* Printed as a question mark where it is no ASCII: what is printed is only shown. */
SERVE(wint_t, putwc, (wchar_t character, const void *stream)) {
    char byte = character > 0 && character < 128 ? (char)character : '?';
    (void)stream;
    printed_add(&the_runtime->printed, &byte, 1);
    return (wint_t)character;
}

const struct service wide_services[] = {
    SERVICE(wcslen),
    SERVICE(wcscmp),
    SERVICE(wcscpy),
    SERVICE(wcscat),
    SERVICE(wcsncpy),
    SERVICE(wcsncmp),
    SERVICE(wcschr),
    SERVICE(wcsrchr),
    SERVICE(wcsstr),
    SERVICE(mbstowcs),
    SERVICE(wcstombs),
    SERVICE(wmemmove),
    SERVICE_AS("wmemcpy", wmemmove),
    SERVICE_AS("__wmemcpy_chk", wmemmove), /* their last word is the room that there is */
    SERVICE_AS("__wmemmove_chk", wmemmove),
    SERVICE(wmemset),
    SERVICE(wmemcmp),
    SERVICE(wmemchr),
    SERVICE(mbrtowc),
    SERVICE(mbtowc),
    SERVICE(wcrtomb),
    SERVICE(putwc),
    SERVICE_AS("fputwc", putwc),
    {0},
};
