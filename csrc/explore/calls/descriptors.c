/* SPDX-License-Identifier: MIT */
/* descriptors: see descriptors.h. */
#include "calls/descriptors.h"

#include "calls/hidden.h"
#include "failure.h"
#include "program/runtime.h"

static struct descriptor descriptors[DESCRIPTORS];

static uintptr_t location(int number, unsigned what) {
    uintptr_t first = LAYOUT_OF_DESCRIPTORS + (uintptr_t)number * LOCATIONS;
    return runtime_hidden((const void *)(first + what));
}

uintptr_t descriptor_location(int descriptor, unsigned what) {
    return location(descriptors[descriptor].thing, what);
}

uintptr_t descriptor_name(int descriptor) { return location(descriptor, CLOSED); }

int descriptor_make(struct descriptor made, uint32_t site) {
    struct fiber_thread *thread = runtime_thread();
    if (thread->descriptors_made == DESCRIPTORS_EACH)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "one thread makes more than %d descriptors", DESCRIPTORS_EACH);
    int number = DESCRIPTOR_FIRST + (int)thread->id * DESCRIPTORS_EACH +
                 (int)thread->descriptors_made++;
    descriptors[number] = made;
    if (!made.thing)
        descriptors[number].thing = number;
    if (!made.pipe)
        descriptors[number].pipe = number;
    return number;
}

void descriptor_make_pair(struct descriptor made, int ends[2], uint32_t site) {
    for (int i = 0; i < 2; i++)
        ends[i] = descriptor_make(made, site);
    for (int i = 0; i < 2; i++)
        descriptors[ends[i]].peer = ends[1 - i];
}

const struct descriptor *descriptor_find(int number) {
    return number >= DESCRIPTOR_FIRST && number < DESCRIPTORS && descriptors[number].kind
               ? &descriptors[number]
               : NULL;
}

const struct descriptor *descriptor_of_file(int number) {
    const struct descriptor *descriptor = descriptor_find(number);
    return descriptor && descriptor->file ? descriptor : NULL;
}

bool descriptor_waits(int number, uint32_t site) {
    uint64_t mode = hidden_load(descriptor_location(number, MODE), HIDDEN_ALWAYS, site);
    return mode ? mode == 2 : descriptors[number].waits;
}

void descriptor_set_waits(int number, bool waits, uint32_t site) {
    hidden_store(descriptor_location(number, MODE), 1 + waits, site);
}

long descriptor_fails(int error) {
    runtime_thread()->error_number = error;
    return -1;
}
