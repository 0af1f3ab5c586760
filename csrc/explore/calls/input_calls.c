/* SPDX-License-Identifier: MIT */
/* input_calls: the calls that read streams. Standard input has nothing, and says so at once. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "calls/descriptors.h"
#include "calls/file_places.h"
#include "calls/heap_calls.h"
#include "calls/streams.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

enum { LINE = 4096 };

/* A stream to read from; false: there is nothing, and never will be. */
static bool begin(const void *stream, const char *call, struct place *place,
                  uint32_t site) {
    int descriptor = stream_used(stream, call, site);
    const struct descriptor *found = descriptor_of_file(descriptor);

    if (descriptor == 0) {
        the_runtime->asked |= ASKED_INPUT;
        return false;
    }
    if (!found)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "%s from a pipe through a stream is not modelled: use read", call);
    *place = file_place_take(descriptor, call, site);
    if (place->is_closed)
        runtime_fail(FAILURE_MISUSE, site, "%s from a stream that is closed", call);
    if (found->kind == OUTPUT_FILE)
        runtime_fail(FAILURE_MISUSE, site, "%s from a stream that is open for writing",
                     call);
    return true;
}

static void end(const void *stream, const struct place *place, uint32_t site) {
    file_place_give(stream_descriptor(stream), place, site);
}

static int take_byte(const void *stream, struct place *place) {
    unsigned char byte;
    return file_place_read(stream_descriptor(stream), place, (char *)&byte, 1) ? byte
                                                                               : EOF;
}

SERVE(int, fgetc, (const void *stream)) {
    uint32_t site = SITE;
    struct place place;

    if (!begin(stream, "fgetc", &place, site))
        return EOF;
    int byte = take_byte(stream, &place);
    end(stream, &place, site);
    return byte;
}

SERVE(int, getchar, (void)) {
    the_runtime->asked |= ASKED_INPUT;
    return EOF;
}

SERVE(int, ungetc, (int byte, const void *stream)) {
    uint32_t site = SITE;
    struct place place;

    if (byte == EOF || !begin(stream, "ungetc", &place, site))
        return EOF;
    bool has_room = place.pushed < 0;
    if (has_room) {
        place.pushed = (unsigned char)byte;
        place.has_ended = false;
    }
    end(stream, &place, site);
    return has_room ? (unsigned char)byte : EOF;
}

/* Up to a delimiter, which comes along; as many bytes as were read. */
static size_t take_line(const void *stream, struct place *place, char *to, size_t room,
                        int delimiter) {
    size_t taken = 0;
    int byte = 0;

    while (taken < room && byte != delimiter && (byte = take_byte(stream, place)) != EOF)
        to[taken++] = (char)byte;
    return taken;
}

SERVE(char *, fgets, (char *to, int room, const void *stream)) {
    char line[LINE];
    uint32_t site = SITE;
    struct place place;

    if (room < 1 || !begin(stream, "fgets", &place, site))
        return NULL;
    size_t most = (size_t)room - 1 < sizeof line ? (size_t)room - 1 : sizeof line;
    size_t taken = take_line(stream, &place, line, most, '\n');
    end(stream, &place, site);
    if (taken == 0 && room > 1)
        return NULL;
    access_ask_block(ACTION_WRITE, to, taken + 1, site);
    memcpy(to, line, taken);
    to[taken] = '\0';
    return to;
}

static ssize_t get_line(char **line, size_t *room, int delimiter, const void *stream,
                        uint32_t site) {
    char text[LINE];
    struct place place;

    if (!begin(stream, "getline", &place, site))
        return -1;
    size_t taken = take_line(stream, &place, text, sizeof text, delimiter);
    end(stream, &place, site);
    if (taken == sizeof text)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "a line of more than %d bytes is not modelled", LINE);
    if (taken == 0)
        return -1;
    access_ask_block(ACTION_READ, line, sizeof *line, site);
    access_ask_block(ACTION_READ, room, sizeof *room, site);
    if (!*line || *room < taken + 1) {
        char *larger = heap_resize(*line, taken < 120 ? 120 : 2 * taken, site);
        if (!larger)
            return -1;
        access_ask_block(ACTION_WRITE, line, sizeof *line, site);
        access_ask_block(ACTION_WRITE, room, sizeof *room, site);
        *line = larger;
        *room = taken < 120 ? 120 : 2 * taken;
    }
    access_ask_block(ACTION_WRITE, *line, taken + 1, site);
    memcpy(*line, text, taken);
    (*line)[taken] = '\0';
    return (ssize_t)taken;
}

SERVE(ssize_t, getdelim, (char **line, size_t *room, int delimiter, const void *stream)) {
    return get_line(line, room, delimiter, stream, SITE);
}

SERVE(ssize_t, getline, (char **line, size_t *room, const void *stream)) {
    return get_line(line, room, '\n', stream, SITE);
}

SERVE(size_t, fread, (void *to, size_t size, size_t count, const void *stream)) {
    uint32_t site = SITE;
    struct place place;
    char *at = to;

    if (size == 0 || count == 0 || !begin(stream, "fread", &place, site))
        return 0;
    size_t taken = 0;
    for (char piece[512]; taken < size * count;) {
        size_t left = size * count - taken;
        size_t wanted = left < sizeof piece ? left : sizeof piece;
        size_t got = file_place_read(stream_descriptor(stream), &place, piece, wanted);
        access_ask_block(ACTION_WRITE, at + taken, got, site);
        memcpy(at + taken, piece, got);
        taken += got;
        if (got < wanted)
            break;
    }
    end(stream, &place, site);
    return taken / size;
}

SERVE(int, feof, (const void *stream)) {
    uint32_t site = SITE;
    struct place place;

    if (stream_descriptor(stream) > 0 && !descriptor_of_file(stream_descriptor(stream)))
        return 0;
    if (!begin(stream, "feof", &place, site))
        return 1;
    end(stream, &place, site);
    return place.has_ended;
}

SERVE(void, clearerr, (const void *stream)) {
    uint32_t site = SITE;
    struct place place;

    if (!begin(stream, "clearerr", &place, site))
        return;
    place.has_ended = false;
    end(stream, &place, site);
}

SERVE(int, scanf, (const char *format, ...)) {
    access_ask_text(format, strlen(format) + 1, SITE);
    the_runtime->asked |= ASKED_INPUT;
    return EOF;
}

SERVE(int, fscanf, (const void *stream, const char *format, ...)) {
    uint32_t site = SITE;

    if (stream_used(stream, "fscanf", site) != 0)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "fscanf of a file is not modelled: use fgets and sscanf");
    access_ask_text(format, strlen(format) + 1, site);
    the_runtime->asked |= ASKED_INPUT;
    return EOF;
}

const struct service input_services[] = {
    SERVICE(fgetc),
    SERVICE_AS("getc", fgetc),
    SERVICE_AS("_IO_getc", fgetc),
    SERVICE_AS("fgetc_unlocked", fgetc),
    SERVICE_AS("getc_unlocked", fgetc),
    SERVICE_AS("__uflow", fgetc),
    SERVICE(getchar),
    SERVICE_AS("getchar_unlocked", getchar),
    SERVICE(ungetc),
    SERVICE(fgets),
    SERVICE_AS("fgets_unlocked", fgets),
    SERVICE(getdelim),
    SERVICE_AS("__getdelim", getdelim),
    SERVICE(getline),
    SERVICE(fread),
    SERVICE_AS("fread_unlocked", fread),
    SERVICE(feof),
    SERVICE_AS("feof_unlocked", feof),
    SERVICE(clearerr),
    SERVICE(scanf),
    SERVICE_AS("__isoc99_scanf", scanf),
    SERVICE_AS("__isoc23_scanf", scanf),
    SERVICE(fscanf),
    SERVICE_AS("__isoc99_fscanf", fscanf),
    SERVICE_AS("__isoc23_fscanf", fscanf),
    {0},
};
