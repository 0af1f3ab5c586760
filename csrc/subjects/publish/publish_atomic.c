/* SPDX-License-Identifier: MIT */
/*
 * publish_atomic: the flag is an atomic variable.
 *
 * Why       The textbook answer, and with weaker orders the textbook mistake: x86 keeps
 *           stores in order and loads in order, so that tests on x86 pass whatever the
 *           orders are (unless the compiler moves something), and ARM shows the stale
 *           data.
 * Orders    RAISE (release, send) pairs with SEE (acquire, receive): data written before
 *           the flag was raised is seen by whoever sees the flag. One of the two alone
 *           orders nothing. OWN (relaxed, send): the sender looks at its own flag.
 */
#include <stdatomic.h>

#include "publish.h"

#ifndef PUBLISH_RAISE
#define PUBLISH_RAISE memory_order_release
#endif
#ifndef PUBLISH_SEE
#define PUBLISH_SEE memory_order_acquire
#endif
#ifndef PUBLISH_OWN
#define PUBLISH_OWN memory_order_relaxed
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
    if (atomic_load_explicit(&publish->raised, PUBLISH_OWN))
        return false;
    publish->data = value;
    atomic_store_explicit(&publish->raised, true, PUBLISH_RAISE);
    return true;
}

bool publish_try_receive(struct publish *publish, int *value) {
    if (!atomic_load_explicit(&publish->raised, PUBLISH_SEE))
        return false;
    *value = publish->data;
    return true;
}

int publish_wait_receive(struct publish *publish) {
    while (!atomic_load_explicit(&publish->raised, PUBLISH_SEE)) {
    }
    return publish->data;
}

bool publish_is_valid(struct publish *publish) {
    return atomic_load(&publish->raised) == (publish->data != 0);
}
