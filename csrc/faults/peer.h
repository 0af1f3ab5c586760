/* SPDX-License-Identifier: MIT */
/*
 * peer: who is at the other end of a stream: reads the sink, writes the source.
 *
 * Why       Servers break on what peers do: stall, read a few bytes at a time, go away in the
 *           middle with a close or a reset.
 * Threads   A peer runs in a thread of its own (FLAG_PEER) or, where everything fits into the
 *           kernel's buffers, before or after the call in the same thread, which is faster.
 */
#ifndef HEALD_FAULTS_PEER_H
#define HEALD_FAULTS_PEER_H

#include <heald/faults.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct peer {
    const struct fault_case *the_case;
    int *descriptor; /* the fixture's; -1 once the peer has closed it */
    unsigned char *bytes;
    size_t room;
    bool stays;              /* never vanishes: the case means another peer */
    _Atomic int64_t moved;   /* read from the sink, or written to the source */
    _Atomic int64_t last_ns; /* CLOCK_MONOTONIC when `moved` last grew */
    bool running;
    pthread_t thread;
};

int64_t peer_now_ns(void);

/* Reads until end of file, until it vanishes or until `room` is full. */
void peer_read(struct peer *peer);
/* Writes the source's bytes. */
void peer_queue(struct peer *peer);
/* The same, then says end of file. */
void peer_write(struct peer *peer);

int peer_start(struct peer *peer, void (*run)(struct peer *));
void peer_join(struct peer *peer);

#endif
