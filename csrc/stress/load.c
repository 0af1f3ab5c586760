/* SPDX-License-Identifier: MIT */
/* load: see load.h */
#define _GNU_SOURCE
#include "load.h"

#include "memory.h"

#include <time.h>

#define BUFFER_BYTES ((size_t)1 << 20)
#define NAP_NS 200000

static void nap(void) {
    const struct timespec time = {0, NAP_NS};
    nanosleep(&time, NULL);
}

static void disturb(volatile unsigned char *buffer) {
    for (size_t at = 0; at < BUFFER_BYTES; at += 64)
        buffer[at]++;
}

static void *load_main(void *argument) {
    const struct load_member *member = argument;
    struct load *load = member->load;
    unsigned char *buffer = memory_pages(BUFFER_BYTES);
    (void)sched_setaffinity(0, sizeof load->processors, &load->processors);
    while (atomic_load_explicit(&load->quit, memory_order_relaxed) == 0) {
        if (buffer != NULL &&
            member->index < atomic_load_explicit(&load->active, memory_order_relaxed))
            disturb(buffer);
        else
            nap();
    }
    return NULL;
}

void load_set(struct load *load, uint32_t count) {
    count = count > LOAD_THREADS ? LOAD_THREADS : count;
    for (; load->started < count; load->started++) {
        struct load_member *member = &load->members[load->started];
        *member = (struct load_member){load, load->started};
        if (pthread_create(&load->threads[load->started], NULL, load_main, member) != 0)
            break;
    }
    atomic_store_explicit(&load->active, count, memory_order_relaxed);
}

void load_stop(struct load *load) {
    atomic_store_explicit(&load->quit, 1, memory_order_relaxed);
    for (uint32_t i = 0; i < load->started; i++)
        pthread_join(load->threads[i], NULL);
}
