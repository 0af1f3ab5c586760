/* SPDX-License-Identifier: MIT */
/* format: see format.h. */
#include "calls/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <wchar.h>

#include "failure.h"
#include "program/accesses.h"
#include "program/runtime.h"

/* How wide an argument is: the letters before the conversion. */
enum length { LENGTH_INT, LENGTH_CHAR, LENGTH_SHORT, LENGTH_LONG };

struct conversion {
    long precision; /* -1: none */
    enum length length;
    bool is_long_double;
    char letter;
};

static const char *skip_digits(const char *at) {
    while (*at >= '0' && *at <= '9')
        at++;
    return at;
}

static const char *take_number(const char *at, va_list *arguments, long *number) {
    if (*at == '*') {
        *number = va_arg(*arguments, int);
        return at + 1;
    }
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++)
        *number = *number < 1000000000 ? *number * 10 + (*at - '0') : *number;
    return at;
}

static const char *take_length(const char *at, struct conversion *conversion) {
    for (;; at++) {
        switch (*at) {
        case 'h':
            conversion->length =
                conversion->length == LENGTH_SHORT ? LENGTH_CHAR : LENGTH_SHORT;
            continue;
        case 'l':
        case 'q':
        case 'j':
        case 'z':
        case 't':
            conversion->length = LENGTH_LONG; /* 8 bytes, all of them */
            continue;
        case 'L':
            conversion->length = LENGTH_LONG;
            conversion->is_long_double = true;
            continue;
        default:
            return at;
        }
    }
}

/* From behind the percent sign to behind the conversion. */
static const char *take_conversion(const char *at, va_list *arguments,
                                   struct conversion *conversion, uint32_t site) {
    long width;

    *conversion = (struct conversion){.precision = -1};
    if (*skip_digits(at) == '$')
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "a format with numbered arguments (%%1$s) is not modelled");
    at += strspn(at, "-+ #0'I");
    at = take_number(at, arguments, &width);
    if (*at == '.')
        at = take_number(at + 1, arguments, &conversion->precision);
    at = take_length(at, conversion);
    conversion->letter = *at;
    return *at ? at + 1 : at;
}

static void reads_text(const char *text, const struct conversion *conversion,
                       uint32_t site) {
    size_t limit = conversion->precision < 0 ? (size_t)-1 : (size_t)conversion->precision;

    if (!text) /* prints (null) */
        return;
    if (conversion->length == LENGTH_LONG) {
        size_t length = wcsnlen((const wchar_t *)(const void *)text, limit);
        access_ask_text(text, (length + (length < limit)) * sizeof(wchar_t), site);
        return;
    }
    size_t length = strnlen(text, limit);
    access_ask_text(text, length + (length < limit), site);
}

static void writes_count(const void *count, const struct conversion *conversion,
                         uint32_t site) {
    static const size_t bytes[] = {[LENGTH_INT] = sizeof(int),
                                   [LENGTH_CHAR] = 1,
                                   [LENGTH_SHORT] = sizeof(short),
                                   [LENGTH_LONG] = sizeof(long)};

    access_ask_block(ACTION_WRITE, count, bytes[conversion->length], site);
}

static void take_argument(const struct conversion *conversion, va_list *arguments,
                          uint32_t site) {
    switch (conversion->letter) {
    case '%':
    case 'm':
        break;
    case 's':
        reads_text(va_arg(*arguments, const char *), conversion, site);
        break;
    case 'S': {
        struct conversion wide = *conversion;
        wide.length = LENGTH_LONG;
        reads_text(va_arg(*arguments, const char *), &wide, site);
        break;
    }
    case 'n':
        writes_count(va_arg(*arguments, const void *), conversion, site);
        break;
    case 'p':
        (void)va_arg(*arguments, const void *);
        break;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        if (conversion->is_long_double)
            (void)va_arg(*arguments, long double);
        else
            (void)va_arg(*arguments, double);
        break;
    case 'c':
    case 'C':
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        if (conversion->length == LENGTH_LONG)
            (void)va_arg(*arguments, long);
        else
            (void)va_arg(*arguments, int);
        break;
    default:
        runtime_fail(FAILURE_UNSUPPORTED, site, "a format with %%%c is not modelled",
                     conversion->letter);
    }
}

void format_accesses(const char *format, va_list arguments, uint32_t site) {
    struct conversion conversion;
    va_list own;

    access_ask_text(format, strlen(format) + 1, site);
    va_copy(own, arguments);
    while ((format = strchr(format, '%')) != NULL) {
        format = take_conversion(format + 1, &own, &conversion, site);
        if (conversion.letter)
            take_argument(&conversion, &own, site);
    }
    va_end(own);
}
