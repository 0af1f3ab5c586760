/* SPDX-License-Identifier: MIT */
/*
 * descriptors: the numbers that a program has for eventfds, pipes and files.
 *
 * Number    Follows from its maker's own history, like everything that a thread is told.
 * Always    What a number stands for is written once, when it is made; what changes is in hidden locations.
 */
#ifndef EXPLORE_DESCRIPTORS_H
#define EXPLORE_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "program/layout.h"

struct file;

enum {
    DESCRIPTOR_FIRST = 3,
    DESCRIPTORS_EACH = 8, /* made by one thread */
    DESCRIPTORS = DESCRIPTOR_FIRST + DESCRIPTORS_EACH * (int)LAYOUT_THREADS,
    PIPE_PIECES = 64
};

enum descriptor_kind {
    NOTHING,
    EVENT,
    READ_END,
    WRITE_END,
    WATCH, /* of epoll */
    INPUT_FILE,
    OUTPUT_FILE
};

struct descriptor {
    enum descriptor_kind kind;
    bool waits; /* not O_NONBLOCK */
    bool is_semaphore;
    int pipe; /* its read end; 0: itself */
    const struct file *file;
};

/* What is counted, or where a file is; the rest is of pipes. */
enum { COUNT, LOCK, HEAD, TAIL, SLOTS, LOCATIONS = SLOTS + PIPE_PIECES };

/* Of a pipe whose write end is closed; above every count. */
#define PIPE_IS_CLOSED ((uint64_t)1 << 32)

uintptr_t descriptor_location(int descriptor, unsigned what);

/* Made by the running thread. */
int descriptor_make(struct descriptor made, uint32_t site);

/* NULL: nobody made it. */
const struct descriptor *descriptor_find(int descriptor);

/* The same of a file; NULL: it is none. */
const struct descriptor *descriptor_of_file(int descriptor);

/* -1, with errno. */
long descriptor_fails(int error);

#endif
