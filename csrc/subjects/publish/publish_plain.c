/* SPDX-License-Identifier: MIT */
/*
 * publish_plain: the flag is an ordinary or a volatile variable.
 *
 * Why       What was written before C had atomics, and still is. A waiting loop over an
 *           ordinary variable asks the compiler to look once: nobody may change it
 *           meanwhile, so the load leaves the loop, and the loop never ends. Volatile
 *           (PUBLISH_QUALIFIER=volatile) keeps the load in the loop but orders nothing:
 *           the data may still be stale, on a machine with weaker memory than x86 or with
 *           a compiler that moves the plain accesses.
 * Flawed    Both: a data race on the flag and on the data.
 * Orders    None: that is the flaw.
 */
#include "publish.h"

#ifndef PUBLISH_QUALIFIER
#define PUBLISH_QUALIFIER
#endif

struct publish {
    int data;
    PUBLISH_QUALIFIER bool raised;
};

void publish_init(struct publish *publish) {
    publish->data = 0;
    publish->raised = false;
}

bool publish_send(struct publish *publish, int value) {
    if (publish->raised)
        return false;
    publish->data = value;
    publish->raised = true;
    return true;
}

bool publish_try_receive(struct publish *publish, int *value) {
    if (!publish->raised)
        return false;
    *value = publish->data;
    return true;
}

int publish_wait_receive(struct publish *publish) {
    while (!publish->raised) {
    }
    return publish->data;
}

bool publish_is_valid(struct publish *publish) {
    return publish->raised == (publish->data != 0);
}
