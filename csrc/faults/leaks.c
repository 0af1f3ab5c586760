/* SPDX-License-Identifier: MIT */
/* leaks: see leaks.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "leaks.h"

#include "descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
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

#define MOST 65536 /* numbers; those above are left out */

static unsigned char open_before[MOST / 8];
static bool looks_everywhere;

void leaks_look_everywhere(bool everywhere) { looks_everywhere = everywhere; }

static bool is_noted(long number) { return open_before[number / 8] >> (number % 8) & 1; }

static void note(long number) {
    open_before[number / 8] |= (unsigned char)(1u << (number % 8));
}

static uint32_t close_new(long number) {
    return !is_noted(number) && close((int)number) == 0;
}

/* As the kernel writes them down; the C library's struct is for readdir alone. */
struct entry {
    uint64_t inode, next;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* All above those that are probed: noted down, or closed and counted if they are new. */
static uint32_t look_above(bool noting) {
    static int folder = -1;
    static _Alignas(struct entry) char bytes[16384];
    uint32_t found = 0;
    if (folder < 0)
        folder = descriptor_keep(open("/proc/self/fd", O_RDONLY | O_DIRECTORY));
    if (lseek(folder, 0, SEEK_SET) != 0)
        return 0;
    for (long n; (n = syscall(SYS_getdents64, folder, bytes, sizeof bytes)) > 0;)
        for (long at = 0; at < n;) {
            const struct entry *entry = (const void *)(bytes + at);
            long number = strtol(entry->name, NULL, 10);
            at += entry->length;
            if (number < PROBED || number >= MOST)
                continue;
            if (noting)
                note(number);
            else
                found += close_new(number);
        }
    return found;
}

void leaks_before(void) {
    if (!looks_everywhere)
        return;
    memset(open_before, 0, sizeof open_before);
    (void)look_above(true);
}

uint32_t leaks_close(const struct fixture *own) {
    uint32_t known =
        open_always | bits_of(&own->source) | bits_of(&own->sink) | bits_of(&own->copy);
    uint32_t leaked = open_besides(known);
    for (int i = 0; i < PROBED; i++)
        if (leaked & bit_of(i))
            close(i);
    uint32_t above = looks_everywhere ? look_above(false) : 0;
    return (uint32_t)__builtin_popcount(leaked) + above;
}
