/* SPDX-License-Identifier: MIT */
/*
 * event_send: the state of one connection in an event loop. See event_all.c.
 */
#ifndef EVENT_SEND_H
#define EVENT_SEND_H

#include "transfer.h"

enum event_state {
    EVENT_DONE,   /* all was moved, or the file has ended */
    EVENT_LATER,  /* the sink takes nothing now: step again when it is writable */
    EVENT_FAILED, /* errno says why; `moved` is exact */
};

struct event_send {
    int out, in;
    off_t *offset; /* NULL: the position of `in` */
    size_t count;
    size_t moved;
};

enum event_state event_step(struct event_send *send);

#endif
