/* SPDX-License-Identifier: MIT */
/* files: regular files that nobody finds by name, because a worker may be killed at any moment. */
#ifndef HEALD_FAULTS_FILES_H
#define HEALD_FAULTS_FILES_H

/* Where TMPDIR is; -1 with errno. */
int file_on_disk(void);
/* In a file system of 64 KiB (mounts.h). */
int file_in_small_folder(void);

#endif
