/* SPDX-License-Identifier: MIT */
/*
 * publish_fence: relaxed accesses to the flag, ordered by fences.
 *
 * Why       How kernels and device drivers say it: write the data, write barrier, raise
 *           the flag; see the flag, read barrier, read the data.
 * Orders    RAISE_FENCE (release, before the store) pairs with SEE_FENCE (acquire, after
 *           the load). The flag itself is relaxed. A relaxed fence is no fence.
 */
#include <stdatomic.h>

#include "publish.h"

#ifndef PUBLISH_RAISE_FENCE
#define PUBLISH_RAISE_FENCE memory_order_release
#endif
#ifndef PUBLISH_SEE_FENCE
#define PUBLISH_SEE_FENCE memory_order_acquire
#endif
#ifndef PUBLISH_FLAG
#define PUBLISH_FLAG memory_order_relaxed
#endif

struct publish {
    int data;
    atomic_bool raised;
};

void publish_init(struct publish *publish) {
    publish->data = 0;
    atomic_init(&publish->raised, false);
}

bool publish_send(struct publish *publish, int value) {
    if (atomic_load_explicit(&publish->raised, PUBLISH_FLAG))
        return false;
    publish->data = value;
    atomic_thread_fence(PUBLISH_RAISE_FENCE);
    atomic_store_explicit(&publish->raised, true, PUBLISH_FLAG);
    return true;
}

bool publish_try_receive(struct publish *publish, int *value) {
    if (!atomic_load_explicit(&publish->raised, PUBLISH_FLAG))
        return false;
    atomic_thread_fence(PUBLISH_SEE_FENCE);
    *value = publish->data;
    return true;
}

int publish_wait_receive(struct publish *publish) {
    while (!atomic_load_explicit(&publish->raised, PUBLISH_FLAG)) {
    }
    atomic_thread_fence(PUBLISH_SEE_FENCE);
    return publish->data;
}

bool publish_is_valid(struct publish *publish) {
    return atomic_load(&publish->raised) == (publish->data != 0);
}
