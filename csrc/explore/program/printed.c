/* SPDX-License-Identifier: MIT */
/* printed: see printed.h. */
#include "program/printed.h"

#include <string.h>

void printed_add(struct printed *printed, const char *bytes, size_t count) {
    size_t room = PRINTED_BYTES - printed->used;

    if (count > room) {
        printed->is_cut = true;
        count = room;
    }
    memcpy(printed->bytes + printed->used, bytes, count);
    printed->used += count;
}
