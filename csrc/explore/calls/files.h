/* SPDX-License-Identifier: MIT */
/*
 * files: what is outside of the program and does not change while it is explored.
 *
 * Read      A file has what it had when it was first opened, in every execution.
 * Written   What is written goes nowhere. A program that reads what it writes is refused: what it would
 *           find is not known here.
 * Always    What is known of a name only grows, so that every execution gets the same answers.
 */
#ifndef EXPLORE_FILES_H
#define EXPLORE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* What a name is: a file, a folder, whatever. */
struct file_kind {
    struct stat about;
    int error;
    bool is_known;
};

struct file {
    char *name;
    const char *bytes;
    size_t length;
    int error; /* it cannot be opened for reading */
    unsigned is_read : 1, is_written : 1, is_looked_at : 1;
    struct file_kind kind[2]; /* of a link itself; of what it leads to */
};

/* What a name stands for, to be read or to be written; fails what the program may not do. */
struct file *files_open(const char *name, int is_output, uint32_t site);

/* What it is; fails a program that writes there. */
const struct file_kind *files_kind(const char *name, bool follows, uint32_t site);

#endif
