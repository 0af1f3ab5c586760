/* SPDX-License-Identifier: MIT */
/* files: see files.h. */
#define _GNU_SOURCE
#include "calls/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"
#include "program/runtime.h"

enum { FILES = 64 };

#define MOST_BYTES ((size_t)1 << 20)

static struct file files[FILES];

static struct file *file_named(const char *name, uint32_t site) {
    size_t at = 0;

    while (at < FILES && files[at].name && strcmp(files[at].name, name) != 0)
        at++;
    if (at == FILES)
        runtime_fail(FAILURE_UNSUPPORTED, site, "a program with more than %d files",
                     FILES);
    if (!files[at].name)
        files[at].name = strdup(name);
    return &files[at];
}

static int read_whole(struct file *file, int descriptor) {
    char *bytes = malloc(MOST_BYTES);
    ssize_t got = 1;

    if (!bytes)
        return ENOMEM;
    while (got > 0 && file->length < MOST_BYTES) {
        got = read(descriptor, bytes + file->length, MOST_BYTES - file->length);
        file->length += got > 0 ? (size_t)got : 0;
    }
    file->bytes = bytes;
    return got < 0 ? errno : file->length == MOST_BYTES ? EFBIG : 0;
}

/* What is there, as it is now. */
static void look_at(struct file *file, uint32_t site) {
    struct stat about;
    int descriptor = open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    file->is_looked_at = 1;
    file->error = descriptor < 0 ? errno : fstat(descriptor, &about) ? errno : 0;
    if (file->error == 0) {
        int is_plain = S_ISREG(about.st_mode) || strcmp(file->name, "/dev/null") == 0;
        file->error = is_plain ? read_whole(file, descriptor) : EISDIR;
    }
    if (descriptor >= 0)
        close(descriptor);
    if (file->error == EISDIR || file->error == EFBIG)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "reading %s: only ordinary files of less than a megabyte can be",
                     file->name);
}

static void mark(struct file *file, int is_output, uint32_t site) {
    int is_nothing = strcmp(file->name, "/dev/null") == 0;

    file->is_written |= is_output && !is_nothing;
    file->is_read |= !is_output && !is_nothing;
    if (file->is_written && file->is_read)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "the program reads and writes %s: what it would find there is not "
                     "modelled (keep it in memory for the check)",
                     file->name);
}

const struct file_kind *files_kind(const char *name, bool follows, uint32_t site) {
    struct file *file = file_named(name, site);
    struct file_kind *kind = &file->kind[follows];

    mark(file, 0, site);
    if (!kind->is_known) {
        int failed = follows ? stat(name, &kind->about) : lstat(name, &kind->about);
        kind->error = failed ? errno : 0;
        kind->is_known = true;
    }
    return kind;
}

struct file *files_open(const char *name, int is_output, uint32_t site) {
    struct file *file = file_named(name, site);

    mark(file, is_output, site);
    if (!is_output && !file->is_looked_at)
        look_at(file, site);
    return file;
}
