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
    SOCKET, /* one end of a pair: reads from its own queue, writes to the other's */
    TIMER,
    WATCH, /* of epoll */
    INPUT_FILE,
    OUTPUT_FILE
};

struct descriptor {
    enum descriptor_kind kind;
    bool waits; /* not O_NONBLOCK, when it was made */
    bool is_semaphore;
    int thing; /* the first number that it had; 0: this one */
    int pipe;  /* its read end; 0: itself */
    int peer;  /* of a socket */
    const struct file *file;
};

/* What is counted, or where a file is; who is told of edges; how many numbers it has; the rest is of pipes. */
enum {
    COUNT,
    LOCK,
    HEAD,
    TAIL,
    NO_READER,
    MODE, /* 0: as it was made; else 1 + whether it waits */
    WATCHERS,
    MORE,   /* numbers that it has beside the first */
    CLOSED, /* of each number by itself */
    SLOTS,
    LOCATIONS = SLOTS + PIPE_PIECES
};

/* Of epoll, in place of pieces: what is watched, the word that is told, whether something new came (edges.h). */
enum {
    ENTRIES = SLOTS,
    ENTRY_LOCATIONS = 3,
    ENTRIES_EACH = PIPE_PIECES / ENTRY_LOCATIONS
};

/* Of a pipe whose write end is closed; above every count. */
#define PIPE_IS_CLOSED ((uint64_t)1 << 32)

uintptr_t descriptor_location(int descriptor, unsigned what);
/* Of the number alone: whether it is closed. */
uintptr_t descriptor_name(int descriptor);

/* Made by the running thread. */
int descriptor_make(struct descriptor made, uint32_t site);

/* Two ends of one thing: of each the other is the peer. */
void descriptor_make_pair(struct descriptor made, int ends[2], uint32_t site);

/* NULL: nobody made it. */
const struct descriptor *descriptor_find(int descriptor);

/* The same of a file; NULL: it is none. */
const struct descriptor *descriptor_of_file(int descriptor);

/* Whether it waits now; and that it does, or does not, from now on. */
bool descriptor_waits(int descriptor, uint32_t site);
void descriptor_set_waits(int descriptor, bool waits, uint32_t site);

/* -1, with errno. */
long descriptor_fails(int error);

#endif
