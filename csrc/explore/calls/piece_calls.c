/* SPDX-License-Identifier: MIT */
/* piece_calls: a text cut into pieces, in place; where strtok goes on is memory that all threads share. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "calls/tables.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/library_data.h"
#include "program/runtime.h"

static void reads(const char *text, size_t bytes, uint32_t site) {
    access_ask_text(text, bytes, site);
}

static void writes(const void *memory, size_t bytes, uint32_t site) {
    access_ask_block(ACTION_WRITE, memory, bytes, site);
}

/* The next piece of a text: up to a delimiter, which becomes the end of the piece. */
static char *cut_piece(char *text, const char *delimiters, char **rest, uint32_t site) {
    size_t length = strcspn(text, delimiters);

    reads(delimiters, strlen(delimiters) + 1, site);
    reads(text, length + 1, site);
    *rest = text[length] ? text + length + 1 : NULL;
    if (*rest) {
        writes(text + length, 1, site);
        text[length] = '\0';
    }
    return text;
}

static char *next_piece(char *text, const char *delimiters, char **place, uint32_t site) {
    char *rest;

    if (!text) {
        access_ask_block(ACTION_READ, place, sizeof *place, site);
        text = *place;
    }
    size_t skipped = strspn(text, delimiters);
    reads(delimiters, strlen(delimiters) + 1, site);
    reads(text, skipped + 1, site);
    text += skipped;
    char *piece = *text ? cut_piece(text, delimiters, &rest, site) : NULL;
    writes(place, sizeof *place, site);
    *place = !piece ? text : rest ? rest : piece + strlen(piece);
    return piece;
}

SERVE(char *, strtok_r, (char *text, const char *delimiters, char **place)) {
    return next_piece(text, delimiters, place, SITE);
}

SERVE(char *, strtok, (char *text, const char *delimiters)) {
    return next_piece(text, delimiters, (char **)library_data_address("strtok's place"),
                      SITE);
}

SERVE(char *, strsep, (char **place, const char *delimiters)) {
    uint32_t site = SITE;
    char *rest;

    access_ask_block(ACTION_READ, place, sizeof *place, site);
    if (!*place)
        return NULL;
    char *piece = cut_piece(*place, delimiters, &rest, site);
    writes(place, sizeof *place, site);
    *place = rest;
    return piece;
}

const struct service piece_services[] = {
    SERVICE(strtok),
    SERVICE(strtok_r),
    SERVICE_AS("__strtok_r", strtok_r),
    SERVICE(strsep),
    {0},
};
