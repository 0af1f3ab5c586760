/* SPDX-License-Identifier: MIT */
/* file_places: see file_places.h. */
#include "calls/file_places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "calls/descriptors.h"
#include "calls/files.h"
#include "calls/hidden.h"
#include "program/accesses.h"

#define PUSHED_SHIFT 40
#define SEEN_END ((uint64_t)1 << 62)
#define IS_CLOSED ((uint64_t)1 << 63)

static struct place unpacked(uint64_t state) {
    return (struct place){
        .at = (state & (((uint64_t)1 << PUSHED_SHIFT) - 1)) - 1,
        .pushed = (int)(state >> PUSHED_SHIFT & 0x1ff) - 1,
        .has_ended = (state & SEEN_END) != 0,
        .is_closed = (state & IS_CLOSED) != 0,
    };
}

static uint64_t packed(const struct place *place) {
    return (place->at + 1) | (uint64_t)(place->pushed + 1) << PUSHED_SHIFT |
           (place->has_ended ? SEEN_END : 0) | (place->is_closed ? IS_CLOSED : 0);
}

struct place file_place_take(int descriptor, const char *verb, uint32_t site) {
    hidden_verb(verb);
    return unpacked(hidden_rmw(descriptor_location(descriptor, COUNT), OP_EXCHANGE, 0,
                               HIDDEN_UNLESS(0), site));
}

void file_place_give(int descriptor, const struct place *place, uint32_t site) {
    hidden_verb("");
    hidden_store(descriptor_location(descriptor, COUNT), packed(place), site);
}

size_t file_place_read(int descriptor, struct place *place, char *to, size_t bytes) {
    const struct file *file = descriptor_of_file(descriptor)->file;
    size_t taken = 0;

    if (bytes && place->pushed >= 0) {
        to[taken++] = (char)place->pushed;
        place->pushed = -1;
    }
    size_t left = place->at < file->length ? file->length - place->at : 0;
    size_t copied = bytes - taken < left ? bytes - taken : left;
    memcpy(to + taken, file->bytes + place->at, copied);
    place->at += copied;
    place->has_ended |= taken + copied < bytes;
    return taken + copied;
}

ssize_t file_read(int descriptor, void *to, size_t bytes, uint32_t site) {
    bool is_output = descriptor_of_file(descriptor)->kind == OUTPUT_FILE;
    const struct file *file = descriptor_of_file(descriptor)->file;
    struct place place = file_place_take(descriptor, "read", site);
    uint64_t from = place.at;

    if (!is_output && !place.is_closed && from < file->length)
        place.at += bytes < file->length - from ? bytes : file->length - from;
    file_place_give(descriptor, &place, site);
    if (is_output || place.is_closed)
        return descriptor_fails(EBADF);
    access_ask_block(ACTION_WRITE, to, place.at - from, site);
    memcpy(to, file->bytes + from, place.at - from);
    return (ssize_t)(place.at - from);
}

ssize_t file_write(int descriptor, const void *from, size_t bytes, uint32_t site) {
    bool is_output = descriptor_of_file(descriptor)->kind == OUTPUT_FILE;
    struct place place = file_place_take(descriptor, "write", site);

    access_ask_block(ACTION_READ, from, bytes, site);
    place.at += bytes;
    file_place_give(descriptor, &place, site);
    return !is_output || place.is_closed ? descriptor_fails(EBADF) : (ssize_t)bytes;
}

long file_seek(int descriptor, long offset, int whence, uint32_t site) {
    const struct descriptor *found = descriptor_of_file(descriptor);

    if (!found)
        return descriptor_fails(ESPIPE);
    bool is_output = found->kind == OUTPUT_FILE;
    if (is_output && whence == SEEK_END)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "the end of a file that is written is not modelled");
    struct place place = file_place_take(descriptor, "seek", site);
    long from = whence == SEEK_SET   ? 0
                : whence == SEEK_CUR ? (long)place.at - (place.pushed >= 0)
                                     : (long)found->file->length;
    bool is_wrong = whence < SEEK_SET || whence > SEEK_END || from + offset < 0;
    if (!is_wrong && !(whence == SEEK_CUR && offset == 0)) {
        place.at = (uint64_t)(from + offset);
        place.pushed = -1;
        place.has_ended = false;
    }
    file_place_give(descriptor, &place, site);
    return is_wrong ? descriptor_fails(EINVAL) : from + offset;
}

int file_close(int descriptor, uint32_t site) {
    struct place place = file_place_take(descriptor, "close", site);
    bool was_closed = place.is_closed;

    place.is_closed = true;
    file_place_give(descriptor, &place, site);
    return was_closed ? (int)descriptor_fails(EBADF) : 0;
}
