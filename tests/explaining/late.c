/* SPDX-License-Identifier: MIT */
/*
 * late: a register that gives back what the read before this one saw.
 *
 * Why       Every outcome of a put beside a get is one that some order of the calls explains. Only
 *           time tells: a get that begins when the put is over must not miss it.
 */
#include <stdatomic.h>

struct late {
    atomic_int latest, seen;
};

void late_init(struct late *late) {
    atomic_init(&late->latest, 0);
    atomic_init(&late->seen, 0);
}

void late_put(struct late *late, int value) { atomic_store(&late->latest, value); }

int late_get(struct late *late) {
    return atomic_exchange(&late->seen, atomic_load(&late->latest));
}
