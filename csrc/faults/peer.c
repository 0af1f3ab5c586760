/* SPDX-License-Identifier: MIT */
/* peer: see peer.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "peer.h"

#include "content.h"
#include "shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 65536

int64_t peer_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_us(int64_t us) {
    struct timespec rest = {us / 1000000, us % 1000000 * 1000};
    while (us > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

static void advance(struct peer *peer, ssize_t bytes) {
    atomic_store(&peer->last_ns, peer_now_ns());
    atomic_fetch_add(&peer->moved, bytes);
}

static bool vanishes_now(const struct peer *peer) {
    return !peer->stays && peer->the_case->vanish_after >= 0 &&
           atomic_load(&peer->moved) >= peer->the_case->vanish_after;
}

static void vanish(struct peer *peer) {
    static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (peer->the_case->flags & FLAG_RESET)
        setsockopt(*peer->descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(*peer->descriptor);
    *peer->descriptor = -1;
}

/* How much the peer moves next: its chunk, its room, and not past where it vanishes. */
static size_t next_part(const struct peer *peer, int64_t left) {
    const struct fault_case *c = peer->the_case;
    int64_t part = c->chunk > 0 ? c->chunk : BLOCK;
    int64_t moved = atomic_load(&peer->moved);
    if (part > left)
        part = left;
    if (!peer->stays && c->vanish_after >= 0 && part > c->vanish_after - moved)
        part = c->vanish_after - moved;
    return (size_t)part;
}

/* In flight: the reader changes the file that is being sent, once, after so many bytes. */
static void change_in_flight(struct peer *peer, int64_t before) {
    const struct fault_case *c = peer->the_case;
    bool now = before < c->event_at && atomic_load(&peer->moved) >= c->event_at;
    if (!(c->flags & FLAG_OUTSIDE) || peer->stays || !now)
        return;
    for (int i = 0; i < c->step_count; i++)
        shim_change_source(&the_shim, &c->steps[i]);
}

void peer_read(struct peer *peer) {
    sleep_us((int64_t)peer->the_case->stall_ms * 1000);
    while (!vanishes_now(peer)) {
        int64_t have = atomic_load(&peer->moved);
        size_t part = next_part(peer, (int64_t)peer->room - have);
        if (part == 0)
            break; /* far more than was to come: a subject that repeats for ever */
        ssize_t n = read(*peer->descriptor, peer->bytes + have, part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        advance(peer, n);
        change_in_flight(peer, have);
        sleep_us(peer->the_case->pause_us);
    }
    vanish(peer);
}

void peer_queue(struct peer *peer) {
    const struct fault_case *c = peer->the_case;
    unsigned char block[BLOCK];
    sleep_us((int64_t)c->stall_ms * 1000);
    while (!vanishes_now(peer)) {
        int64_t have = atomic_load(&peer->moved);
        size_t part = next_part(peer, c->size - have);
        if (part == 0)
            break;
        content_fill(block, c->content, have, part);
        ssize_t n = write(*peer->descriptor, block, part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        advance(peer, n);
        sleep_us(c->pause_us);
    }
}

void peer_write(struct peer *peer) {
    peer_queue(peer);
    vanish(peer);
}

struct start {
    struct peer *peer;
    void (*run)(struct peer *);
};

static void *run_peer(void *argument) {
    struct start *start = argument;
    struct peer *peer = start->peer;
    start->run(peer);
    return NULL;
}

int peer_start(struct peer *peer, void (*run)(struct peer *)) {
    static _Thread_local struct start starts[4];
    static _Thread_local unsigned next;
    struct start *start = &starts[next++ % 4];
    *start = (struct start){peer, run};
    /* The peer is not the subject: signals of the storm go to the calling thread only. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&peer->thread, NULL, run_peer, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    peer->running = failed == 0;
    return failed == 0 ? 0 : -1;
}

void peer_join(struct peer *peer) {
    if (peer->running)
        pthread_join(peer->thread, NULL);
    peer->running = false;
}
