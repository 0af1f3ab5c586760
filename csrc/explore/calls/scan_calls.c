/* SPDX-License-Identifier: MIT */
/*
 * scan_calls: sscanf: reads a text, writes what it found where the arguments point.
 *
 * How       It is done once into memory of the host, to learn how far it comes, and what it found is
 *           then written for the program, each piece an access of its own.
 * Not       `%m` (a block of the heap), numbered arguments and wide characters are refused by name.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/runtime.h"

enum { MOST = 16, MOST_BYTES = 4096 };

struct target {
    size_t bytes;  /* 0: a text, to its end */
    bool is_count; /* %n: no conversion */
};

static size_t number_bytes(const char *at, size_t letters, bool is_real) {
    if (letters >= 2 && at[0] == 'h')
        return 1;
    if (letters == 1 && at[0] == 'h')
        return 2;
    if (is_real)
        return letters == 0 ? sizeof(float)
               : *at == 'L' ? sizeof(long double)
                            : sizeof(double);
    return letters ? 8 : sizeof(int);
}

static const char *behind_set(const char *at) {
    at += *at == '^';
    at += *at == ']';
    at += strcspn(at, "]");
    return at + (*at == ']');
}

/* From behind the percent sign; `target` is filled where something is stored. */
static const char *take_target(const char *at, struct target *target, bool *is_stored,
                               uint32_t site) {
    bool is_left_out = *at == '*';
    at += is_left_out;
    size_t width = strtoul(at, NULL, 10);
    bool has_width = *at >= '0' && *at <= '9';
    at += strspn(at, "0123456789");
    size_t letters = strspn(at, "hlqjztL");
    char letter = at[letters];
    bool is_real = letter && strchr("aAeEfFgG", letter);

    *target = (struct target){.is_count = letter == 'n'};
    *is_stored = !is_left_out && letter != '%' && letter;
    if (letter && strchr("diouxXpn", letter))
        target->bytes = letter == 'p' ? 8 : number_bytes(at, letters, false);
    else if (is_real)
        target->bytes = number_bytes(at, letters, true);
    else if (letter == 'c')
        target->bytes = has_width ? width : 1;
    else if (letter != '%' && ((letter != 's' && letter != '[') || letters))
        runtime_fail(FAILURE_UNSUPPORTED, site, "sscanf with %%%.*s is not modelled",
                     (int)letters + 1, at);
    at += letters + (letter != 0);
    return letter == '[' ? behind_set(at) : at;
}

static size_t take_targets(const char *format, struct target *targets, uint32_t site) {
    size_t count = 0;
    bool is_stored;

    while ((format = strchr(format, '%')) != NULL) {
        if (count == MOST)
            runtime_fail(FAILURE_UNSUPPORTED, site,
                         "sscanf with more than %d results is not modelled", MOST);
        format = take_target(format + 1, &targets[count], &is_stored, site);
        count += is_stored;
    }
    return count;
}

static int scan(const char *text, const char *format, va_list arguments, uint32_t site) {
    struct target targets[MOST];
    char *to[MOST];
    size_t room = strlen(text) + 64;

    runtime_used_stack(16384 + MOST * MOST_BYTES);
    access_ask_text(text, strlen(text) + 1, site);
    access_ask_text(format, strlen(format) + 1, site);
    size_t count = take_targets(format, targets, site);
    for (size_t i = 0; i < count; i++)
        room = targets[i].bytes > room ? targets[i].bytes : room;
    if (room > MOST_BYTES)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "sscanf of a text of more than %d bytes is not modelled",
                     MOST_BYTES);
    /* On the thread's own stack: an execution may end before it would be given back. */
    char *scratch = __builtin_alloca(MOST * room);
    memset(scratch, 0xA5, MOST * room);
    for (size_t i = 0; i < MOST; i++)
        to[i] = scratch + i * room;
    int found =
        sscanf(text, format, to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7],
               to[8], to[9], to[10], to[11], to[12], to[13], to[14], to[15]);
    int left = found;
    for (size_t i = 0; i < count && (left > 0 || targets[i].is_count); i++) {
        char *place = va_arg(arguments, char *);
        size_t bytes = targets[i].bytes ? targets[i].bytes : strlen(to[i]) + 1;
        if (targets[i].is_count && *(unsigned char *)(to[i] + bytes - 1) == 0xA5)
            break; /* it did not come so far */
        left -= !targets[i].is_count;
        access_ask_block(ACTION_WRITE, place, bytes, site);
        memcpy(place, to[i], bytes);
    }
    return found;
}

SERVE(int, vsscanf, (const char *text, const char *format, va_list arguments)) {
    return scan(text, format, arguments, SITE);
}

SERVE(int, sscanf, (const char *text, const char *format, ...)) {
    uint32_t site = SITE;
    va_list arguments;
    va_start(arguments, format);
    int found = scan(text, format, arguments, site);
    va_end(arguments);
    return found;
}

const struct service scan_services[] = {
    SERVICE(sscanf),
    SERVICE_AS("__isoc99_sscanf", sscanf),
    SERVICE_AS("__isoc23_sscanf", sscanf),
    SERVICE(vsscanf),
    SERVICE_AS("__isoc99_vsscanf", vsscanf),
    SERVICE_AS("__isoc23_vsscanf", vsscanf),
    {0},
};
