/* SPDX-License-Identifier: MIT */
/*
 * last_user: who leaves last puts out the light, and has seen what all others did.
 *
 * Orders    LEAVE (release) of all others pairs with the fence of the last.
 */
#include "start.h"

#define LEAVE memory_order_release

struct room {
    atomic_int users;
    int *lamp;
};

static struct room *room;

static void *use(void *number) {
    const int light = *room->lamp;
    if (atomic_fetch_sub_explicit(&room->users, 1, LEAVE) == 1) {
        atomic_thread_fence(memory_order_acquire);
        free(room->lamp);
        free(room);
    }
    assert(light == 1);
    return number;
}

int main(void) {
    room = malloc(sizeof *room);
    room->lamp = malloc(sizeof *room->lamp);
    *room->lamp = 1;
    atomic_init(&room->users, 2);
    run_same(2, use);
    room = NULL;
    return 0;
}
