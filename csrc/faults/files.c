/* SPDX-License-Identifier: MIT */
/* files: see files.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "files.h"

#include "mounts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Without a name where the file system can: a worker may be killed at any moment. */
int file_on_disk(void) {
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char path[4096];
    int file = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    snprintf(path, sizeof path, "%s/heald-XXXXXX", folder);
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

int file_in_small_folder(void) {
    int folder = mounts_small();
    if (folder < 0)
        return -1;
    return openat(folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
}
