/* SPDX-License-Identifier: MIT */
/*
 * id_allocator: identifiers are bits of one word; taking one sets it.
 *
 * Bug       -DTWO_STEPS looks for a free bit and sets it later: two take the same.
 */
#include "start.h"

static atomic_uint taken;
static atomic_int holders[4];

static int take(void) {
    unsigned seen = atomic_load(&taken);
    for (;;) {
        int id = 0;
        while (seen >> id & 1)
            id++;
#ifdef TWO_STEPS
        atomic_fetch_or(&taken, 1u << id);
        return id;
#else
        const unsigned before = atomic_fetch_or(&taken, 1u << id);
        if ((before >> id & 1) == 0)
            return id;
        seen = before;
#endif
    }
}

static void *hold_one(void *number) {
    const int id = take();
    assert(atomic_fetch_add(&holders[id], 1) == 0);
    return number;
}

int main(void) {
    run_same(3, hold_one);
    return 0;
}
