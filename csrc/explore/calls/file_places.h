/* SPDX-License-Identifier: MIT */
/*
 * file_places: where in an opened file its readers and writers are.
 *
 * State     One hidden location for each opened file: where it is, a character that was pushed back, whether
 *           its end was seen. Who uses it takes it (0) and gives it back: as if locked, as C11 has it.
 */
#ifndef EXPLORE_FILE_PLACES_H
#define EXPLORE_FILE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct place {
    uint64_t at;
    int pushed; /* a character to be read first; -1: none */
    bool has_ended, is_closed;
};

struct place file_place_take(int descriptor, const char *verb, uint32_t site);
void file_place_give(int descriptor, const struct place *place, uint32_t site);

/* Reads on from a place that was taken, into memory of ours; fewer bytes: that was all. */
size_t file_place_read(int descriptor, struct place *place, char *to, size_t bytes);

/* What read, write, close and lseek do with a file. */
ssize_t file_read(int descriptor, void *to, size_t bytes, uint32_t site);
ssize_t file_write(int descriptor, const void *from, size_t bytes, uint32_t site);
int file_close(int descriptor, uint32_t site);
long file_seek(int descriptor, long offset, int whence, uint32_t site);

#endif
