/* SPDX-License-Identifier: MIT */
/* descriptors: see descriptors.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#define KEPT_FROM 200 /* the host's own descriptors live at and above this number */

int descriptor_keep(int descriptor) {
    if (descriptor < 0)
        return -1;
    int kept = fcntl(descriptor, F_DUPFD_CLOEXEC, KEPT_FROM);
    close(descriptor);
    return kept;
}

void descriptor_close_own(int descriptor) {
    if (descriptor >= 0 && descriptor < KEPT_FROM)
        close(descriptor);
}

void descriptor_close_kept(int *descriptor) {
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

int descriptor_set_waits_never(int descriptor, bool never) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0)
        return -1;
    return fcntl(descriptor, F_SETFL, never ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

bool descriptor_waits_never(int descriptor) {
    return (fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0;
}
