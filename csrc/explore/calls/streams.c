/* SPDX-License-Identifier: MIT */
/* streams: see streams.h. */
#include "calls/streams.h"

#include "calls/descriptors.h"
#include "failure.h"
#include "program/runtime.h"

static struct {
    char as_the_header_sees_it[256];
} streams[DESCRIPTORS];

void *stream_of(int descriptor) { return &streams[descriptor]; }

int stream_descriptor(const void *stream) {
    uintptr_t offset = (uintptr_t)stream - (uintptr_t)streams;

    return offset < sizeof streams ? (int)(offset / sizeof *streams) : -1;
}

int stream_used(const void *stream, const char *call, uint32_t site) {
    int descriptor = stream_descriptor(stream);

    if (descriptor < 0)
        runtime_fail(FAILURE_MISUSE, site, "%s of what is no stream", call);
    return descriptor;
}
