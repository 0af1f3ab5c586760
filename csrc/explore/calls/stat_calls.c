/* SPDX-License-Identifier: MIT */
/*
 * stat_calls: what something is: files and folders outside, and what descriptors stand for.
 *
 * Always    A name is what it was when it was first asked of, in every execution (files.h). What the program
 *           writes to is refused: how much of it would be there is not known.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls/descriptor_names.h"
#include "calls/descriptors.h"
#include "calls/files.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

static int give(struct stat *to, const struct stat *about, uint32_t site) {
    access_ask_block(ACTION_WRITE, to, sizeof *to, site);
    *to = *about;
    return 0;
}

static int stat_name(const char *name, bool follows, struct stat *to, uint32_t site) {
    access_ask_text(name, strlen(name) + 1, site);
    the_runtime->asked |= ASKED_FILES;
    const struct file_kind *kind = files_kind(name, follows, site);
    return kind->error ? (int)descriptor_fails(kind->error)
                       : give(to, &kind->about, site);
}

SERVE(int, stat, (const char *name, struct stat *to)) {
    return stat_name(name, true, to, SITE);
}

SERVE(int, lstat, (const char *name, struct stat *to)) {
    return stat_name(name, false, to, SITE);
}

/* What the kernel says of its own. */
static mode_t mode_of(int number) {
    const struct descriptor *descriptor = descriptor_find(number);

    if (!descriptor)
        return S_IFCHR | S_IRUSR | S_IWUSR;
    switch (descriptor->kind) {
    case READ_END:
    case WRITE_END:
        return S_IFIFO | S_IRUSR | S_IWUSR;
    case SOCKET:
        return S_IFSOCK | S_IRWXU | S_IRWXG | S_IRWXO;
    default:
        return S_IRUSR | S_IWUSR;
    }
}

SERVE(int, fstat, (int number, struct stat *to)) {
    uint32_t site = SITE;
    const struct descriptor *descriptor = descriptor_find(number);

    if (!descriptor && (number < 0 || number >= DESCRIPTOR_FIRST))
        return (int)descriptor_fails(EBADF);
    if (descriptor && !descriptor_name_is_open(number, site))
        return -1;
    if (!descriptor || !descriptor->file)
        return give(
            to,
            &(struct stat){.st_mode = mode_of(number), .st_nlink = 1, .st_blksize = 4096},
            site);
    const struct file_kind *kind = files_kind(descriptor->file->name, true, site);
    return kind->error ? (int)descriptor_fails(kind->error)
                       : give(to, &kind->about, site);
}

SERVE(int, fstatat, (int folder, const char *name, struct stat *to, int flags)) {
    uint32_t site = SITE;

    if ((folder != AT_FDCWD && name[0] != '/') || (flags & ~AT_SYMLINK_NOFOLLOW))
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "fstatat of a name in a folder that is open is not modelled");
    return stat_name(name, !(flags & AT_SYMLINK_NOFOLLOW), to, site);
}

const struct service stat_services[] = {
    SERVICE(stat),    SERVICE_AS("stat64", stat),       SERVICE(lstat),
    SERVICE(fstat),   SERVICE_AS("lstat64", lstat),     SERVICE_AS("fstat64", fstat),
    SERVICE(fstatat), SERVICE_AS("fstatat64", fstatat), {0},
};
