/* SPDX-License-Identifier: MIT */
/*
 * file_calls: opening, closing, reading and writing files (files.h has what they are).
 *
 * Standard  Input is empty (input_calls.c). Output and error are in output_calls.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls/descriptor_calls.h"
#include "calls/descriptors.h"
#include "calls/file_places.h"
#include "calls/files.h"
#include "calls/streams.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

/* --- opening and closing ----------------------------------------------------------------- */

static int open_file(const char *name, bool is_output, uint32_t site) {
    access_ask_text(name, strlen(name) + 1, site);
    the_runtime->asked |= ASKED_FILES;
    struct file *file = files_open(name, is_output, site);
    if (!is_output && file->error)
        return (int)descriptor_fails(file->error);
    int made = descriptor_make(
        (struct descriptor){
            .kind = is_output ? OUTPUT_FILE : INPUT_FILE, .waits = true, .file = file},
        site);
    file_place_give(made, &(struct place){.pushed = -1}, site);
    return made;
}

SERVE(int, open, (const char *name, int flags, ...)) {
    uint32_t site = SITE;

    if ((flags & O_ACCMODE) == O_RDWR || flags & (O_EXCL | O_DIRECTORY))
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "open of %s for more than reading or writing is not modelled", name);
    return open_file(name, (flags & O_ACCMODE) == O_WRONLY, site);
}

SERVE(void *, fopen, (const char *name, const char *mode)) {
    uint32_t site = SITE;

    access_ask_text(mode, strlen(mode) + 1, site);
    if (strchr(mode, '+') || strchr(mode, 'x'))
        runtime_fail(
            FAILURE_UNSUPPORTED, site,
            "fopen with mode \"%s\": only \"r\", \"w\" and \"a\" can be modelled", mode);
    int descriptor = open_file(name, mode[0] != 'r', site);
    return descriptor < 0 ? NULL : stream_of(descriptor);
}

SERVE(void *, fdopen, (int descriptor, const char *mode)) {
    (void)mode;
    return descriptor < 0 || descriptor >= DESCRIPTORS ? (descriptor_fails(EBADF), NULL)
                                                       : stream_of(descriptor);
}

SERVE(int, fclose, (const void *stream)) {
    uint32_t site = SITE;
    int descriptor = stream_used(stream, "fclose", site);

    if (!descriptor_of_file(descriptor))
        return descriptor_close(descriptor, site);
    if (file_close(descriptor, site))
        runtime_fail(FAILURE_MISUSE, site, "fclose of a stream that is closed");
    return 0;
}

/* --- places in a file -------------------------------------------------------------------- */

SERVE(long, lseek, (int descriptor, long offset, int whence)) {
    return file_seek(descriptor, offset, whence, SITE);
}

SERVE(int, fseek, (const void *stream, long offset, int whence)) {
    uint32_t site = SITE;
    int descriptor = stream_used(stream, "fseek", site);
    return file_seek(descriptor, offset, whence, site) < 0 ? -1 : 0;
}

SERVE(long, ftell, (const void *stream)) {
    uint32_t site = SITE;
    return file_seek(stream_used(stream, "ftell", site), 0, SEEK_CUR, site);
}

SERVE(void, rewind, (const void *stream)) {
    uint32_t site = SITE;
    file_seek(stream_used(stream, "rewind", site), 0, SEEK_SET, site);
}

SERVE(int, access, (const char *name, int mode)) {
    uint32_t site = SITE;

    access_ask_text(name, strlen(name) + 1, site);
    if (mode & (W_OK | X_OK))
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "access of %s: only whether it is there and can be read is modelled",
                     name);
    the_runtime->asked |= ASKED_FILES;
    int error = files_open(name, 0, site)->error;
    return error ? (int)descriptor_fails(error) : 0;
}

const struct service file_services[] = {
    SERVICE(open),
    SERVICE_AS("open64", open),
    SERVICE(fopen),
    SERVICE_AS("fopen64", fopen),
    SERVICE(fdopen),
    SERVICE(fclose),
    SERVICE(lseek),
    SERVICE_AS("lseek64", lseek),
    SERVICE(fseek),
    SERVICE_AS("fseeko", fseek),
    SERVICE_AS("fseeko64", fseek),
    SERVICE(ftell),
    SERVICE_AS("ftello", ftell),
    SERVICE_AS("ftello64", ftell),
    SERVICE(rewind),
    SERVICE(access),
    {0},
};
