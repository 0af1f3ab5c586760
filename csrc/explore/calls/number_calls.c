/* SPDX-License-Identifier: MIT */
/*
 * number_calls: texts into numbers, and numbers taken apart: what they read, and the results that go
 * where a pointer says.
 *
 * Error     The library sets the host's errno; the program's own is its thread's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/runtime.h"

/* A number was read from the text up to `end`, and one byte further to see that it ends there. */
static void was_read(const char *text, const char *end, char **place, uint32_t site) {
    if (errno)
        runtime_thread()->error_number = errno;
    access_ask_text(text, (size_t)(end - text) + 1, site);
    if (place) {
        access_ask_block(ACTION_WRITE, place, sizeof *place, site);
        *place = (char *)(uintptr_t)end;
    }
}

#define WHOLE_NUMBER(type, name)                                                         \
    SERVE(type, name, (const char *text, char **place, int base)) {                      \
        uint32_t site = SITE;                                                            \
        char *end;                                                                       \
        errno = 0;                                                                       \
        type value = name(text, &end, base);                                             \
        was_read(text, end, place, site);                                                \
        return value;                                                                    \
    }

#define REAL_NUMBER(type, name)                                                          \
    SERVE(type, name, (const char *text, char **place)) {                                \
        uint32_t site = SITE;                                                            \
        char *end;                                                                       \
        errno = 0;                                                                       \
        type value = name(text, &end);                                                   \
        was_read(text, end, place, site);                                                \
        return value;                                                                    \
    }

WHOLE_NUMBER(long, strtol)
WHOLE_NUMBER(unsigned long, strtoul)
WHOLE_NUMBER(long long, strtoll)
WHOLE_NUMBER(unsigned long long, strtoull)
REAL_NUMBER(double, strtod)
REAL_NUMBER(float, strtof)
REAL_NUMBER(long double, strtold)

#define ARGUMENT(type, name, how)                                                        \
    SERVE(type, name, (const char *text)) {                                              \
        uint32_t site = SITE;                                                            \
        char *end;                                                                       \
        errno = 0;                                                                       \
        type value = (type)how;                                                          \
        was_read(text, end, NULL, site);                                                 \
        return value;                                                                    \
    }

ARGUMENT(int, atoi, strtol(text, &end, 10))
ARGUMENT(long, atol, strtol(text, &end, 10))
ARGUMENT(long long, atoll, strtoll(text, &end, 10))
ARGUMENT(double, atof, strtod(text, &end))

/* --- numbers taken apart ------------------------------------------------------------------ */

#define TWO_RESULTS(type, name, second)                                                  \
    SERVE(type, name, (type value, second * place)) {                                    \
        second part;                                                                     \
        type result = name(value, &part);                                                \
        access_ask_block(ACTION_WRITE, place, sizeof *place, SITE);                      \
        *place = part;                                                                   \
        return result;                                                                   \
    }

TWO_RESULTS(double, frexp, int)
TWO_RESULTS(float, frexpf, int)
TWO_RESULTS(double, modf, double)
TWO_RESULTS(float, modff, float)

TWO_RESULTS(long double, frexpl, int)
TWO_RESULTS(long double, modfl, long double)
TWO_RESULTS(double, lgamma_r, int)
TWO_RESULTS(float, lgammaf_r, int)
TWO_RESULTS(long double, lgammal_r, int)

#define QUOTIENT(type, name)                                                             \
    SERVE(type, name, (type a, type b, int *place)) {                                    \
        int part;                                                                        \
        type result = name(a, b, &part);                                                 \
        access_ask_block(ACTION_WRITE, place, sizeof *place, SITE);                      \
        *place = part;                                                                   \
        return result;                                                                   \
    }

#define BOTH(type, name, first, second)                                                  \
    SERVE(void, name, (type value, type * sine, type * cosine)) {                        \
        uint32_t site = SITE;                                                            \
        access_ask_block(ACTION_WRITE, sine, sizeof *sine, site);                        \
        *sine = first(value);                                                            \
        access_ask_block(ACTION_WRITE, cosine, sizeof *cosine, site);                    \
        *cosine = second(value);                                                         \
    }

#define NAN_OF(type, name)                                                               \
    SERVE(type, name, (const char *text)) {                                              \
        access_ask_text(text, strlen(text) + 1, SITE);                                   \
        return name(text);                                                               \
    }

QUOTIENT(double, remquo)
QUOTIENT(float, remquof)
QUOTIENT(long double, remquol)
BOTH(double, sincos, sin, cos)
BOTH(float, sincosf, sinf, cosf)
BOTH(long double, sincosl, sinl, cosl)
NAN_OF(double, nan)
NAN_OF(float, nanf)
NAN_OF(long double, nanl)

/* gcc's atomic arithmetic on floating point: flags of the thread that nobody asks for. */
SERVE(void, __atomic_feraiseexcept, (int exceptions)) { (void)exceptions; }

const struct service number_services[] = {
    SERVICE(__atomic_feraiseexcept),
    SERVICE(strtol),
    SERVICE_AS("__isoc23_strtol", strtol),
    SERVICE_AS("strtoimax", strtol),
    SERVICE_AS("__isoc23_strtoimax", strtol),
    SERVICE(strtoul),
    SERVICE_AS("__isoc23_strtoul", strtoul),
    SERVICE_AS("strtoumax", strtoul),
    SERVICE_AS("__isoc23_strtoumax", strtoul),
    SERVICE(strtoll),
    SERVICE_AS("__isoc23_strtoll", strtoll),
    SERVICE_AS("strtoll_l", strtoll), /* of the one locale */
    SERVICE_AS("strtoull_l", strtoull),
    SERVICE(strtoull),
    SERVICE_AS("__isoc23_strtoull", strtoull),
    SERVICE(strtod),
    SERVICE(strtof),
    SERVICE(strtold),
    SERVICE(atoi),
    SERVICE(atol),
    SERVICE(atoll),
    SERVICE(atof),
    SERVICE(frexp),
    SERVICE(frexpf),
    SERVICE(modf),
    SERVICE(modff),
    SERVICE(frexpl),
    SERVICE(modfl),
    SERVICE(lgamma_r),
    SERVICE(lgammaf_r),
    SERVICE(lgammal_r),
    SERVICE(remquo),
    SERVICE(remquof),
    SERVICE(remquol),
    SERVICE(sincos),
    SERVICE(sincosf),
    SERVICE(sincosl),
    SERVICE(nan),
    SERVICE(nanf),
    SERVICE(nanl),
    {0},
};
