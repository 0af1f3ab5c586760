/* SPDX-License-Identifier: MIT */
/* leaks: see leaks.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "leaks.h"

#include <poll.h>
#include <unistd.h>

#define PROBED 32

static uint32_t
    open_always; /* bits of the numbers that were taken before the first case */

static uint32_t bit_of(int descriptor) {
    return descriptor >= 0 && descriptor < PROBED ? UINT32_C(1) << descriptor : 0;
}

static uint32_t bits_of(const struct ends *ends) {
    return bit_of(ends->near) | bit_of(ends->far);
}

/* Which of the descriptors 0..PROBED-1 are open, but for those in `known`. */
static uint32_t open_besides(uint32_t known) {
    struct pollfd probed[PROBED];
    uint32_t open = 0;
    for (int i = 0; i < PROBED; i++)
        probed[i] = (struct pollfd){.fd = known & bit_of(i) ? -1 : i};
    poll(probed, PROBED, 0);
    for (int i = 0; i < PROBED; i++)
        if (!(known & bit_of(i)) && !(probed[i].revents & POLLNVAL))
            open |= bit_of(i);
    return open;
}

void leaks_begin(void) { open_always = open_besides(0); }

uint32_t leaks_close(const struct fixture *own) {
    uint32_t known =
        open_always | bits_of(&own->source) | bits_of(&own->sink) | bits_of(&own->copy);
    uint32_t leaked = open_besides(known);
    for (int i = 0; i < PROBED; i++)
        if (leaked & bit_of(i))
            close(i);
    return (uint32_t)__builtin_popcount(leaked);
}
