/* SPDX-License-Identifier: MIT */
/* content: see content.h. The table runs on past its period, so that every run is contiguous. */
#include "content.h"

#include <string.h>

#define PERIOD 1000003
#define LONGEST 65536

static unsigned char table[PERIOD + LONGEST];

void content_begin(void) {
    uint64_t state = 88172645463325252u;
    for (size_t i = 0; i < PERIOD; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        table[i] = (unsigned char)(1 + (state >> 32) % 127);
    }
    memcpy(table + PERIOD, table, LONGEST);
}

static size_t place(uint64_t seed, int64_t position) {
    return (size_t)(((uint64_t)position + (seed % PERIOD) * 7919u) % PERIOD);
}

void content_fill(unsigned char *to, uint64_t seed, int64_t position, size_t bytes) {
    while (bytes > 0) {
        size_t run = bytes < LONGEST ? bytes : LONGEST;
        memcpy(to, table + place(seed, position), run);
        to += run;
        position += (int64_t)run;
        bytes -= run;
    }
}

size_t content_mismatch(const unsigned char *seen, uint64_t seed, int64_t position,
                        size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        size_t run = bytes - done < LONGEST ? bytes - done : LONGEST;
        const unsigned char *expected = table + place(seed, position + (int64_t)done);
        if (memcmp(seen + done, expected, run) != 0) {
            while (seen[done] == *expected++)
                done++;
            return done;
        }
        done += run;
    }
    return bytes;
}

unsigned char content_at(uint64_t seed, int64_t position) {
    return table[place(seed, position)];
}
