/* SPDX-License-Identifier: MIT */
/* own_clock: see own_clock.h. */
#include "program/own_clock.h"

#include <stddef.h>

enum { MOST_LEAPS = 200, PATIENCE = 32, STILL_LOOKS = 8, MOST_STILL_LOOKS = 100 };

static const uint64_t FIRST_LOOK_NS = 1000,
                      LONGEST_LOOK_NS = 3600u * (uint64_t)1000000000u,
                      LEAP_S = (uint64_t)366 * 24 * 3600,
                      LEAP_NS = (uint64_t)366 * 24 * 3600 * 1000000000u;

static void go_on(struct own_clock *clock) {
    clock->is_still = clock->is_to_leap = false;
    clock->is_proven = clock->is_tested_again = clock->is_inside = false;
    clock->look_ns = clock->kept = 0;
}

static void move(struct own_clock *clock) {
    clock->look_ns = clock->look_ns ? clock->look_ns * 2 : FIRST_LOOK_NS;
    if (clock->look_ns > LONGEST_LOOK_NS)
        clock->look_ns = LONGEST_LOOK_NS;
    clock->now_ns += clock->look_ns;
}

static void leap(struct own_clock *clock) {
    uint64_t from = clock->is_inside ? clock->still_ns : clock->looked_ns;
    uint64_t then = from + LEAP_NS;
    clock->now_ns = then > clock->now_ns ? then : clock->now_ns;
    clock->still_ns = clock->now_ns;
    clock->is_to_leap = clock->is_inside = false;
    clock->look_ns = 0;
}

uint64_t own_clock_look(struct own_clock *clock) {
    clock->looks++;
    if (clock->is_still && ++clock->still_looks > MOST_STILL_LOOKS)
        go_on(clock);
    if (clock->is_to_leap)
        leap(clock);
    else if (!clock->is_still)
        move(clock);
    else if (clock->still_looks > STILL_LOOKS) {
        clock->is_inside = true;
        move(clock);
    }
    return clock->looked_ns = clock->now_ns;
}

void own_clock_sleep(struct own_clock *clock, uint64_t nanoseconds) {
    if (!clock->is_still)
        clock->now_ns += nanoseconds;
}

/* The place, and by it whether the thread has looked since it was there. */
static struct clock_place *place_of(struct own_clock *clock, uint64_t what,
                                    uintptr_t stack_pointer, bool *has_looked) {
    for (size_t i = 0; i < OWN_CLOCK_PLACES; i++) {
        struct clock_place *place = &clock->place[i];
        if (place->what != what || place->stack_pointer != stack_pointer)
            continue;
        *has_looked = place->looks != clock->looks;
        place->looks = clock->looks;
        return place;
    }
    struct clock_place *place = &clock->place[clock->next_place++ % OWN_CLOCK_PLACES];
    *place = (struct clock_place){what, stack_pointer, clock->looks, 0};
    *has_looked = false;
    return place;
}

static void leap_from_here(struct own_clock *clock, const struct spin *spin) {
    clock->is_to_leap = true;
    clock->kept = spin->count;
    clock->rounds = 0;
    clock->leaps++;
}

static void stand_still(struct own_clock *clock, const struct clock_place *place,
                        const struct spin *spin) {
    clock->is_still = true;
    clock->what = place->what;
    clock->stack_pointer = place->stack_pointer;
    clock->still_looks = 0;
    clock->elsewhere_count = 0;
    leap_from_here(clock, spin);
}

static uint32_t came_back_still(struct own_clock *clock, struct clock_place *place,
                                const struct spin *spin, uint32_t back) {
    clock->elsewhere_count = 0;
    clock->still_looks = 0;
    if (back && clock->is_proven)
        return back;
    if (spin_leapt(spin, clock->kept - 1, LEAP_S)) {
        clock->is_proven = true;
        return clock->kept;
    }
    if (clock->is_inside && clock->leaps < MOST_LEAPS && ++clock->rounds < 3) {
        clock->is_to_leap = true;
        clock->kept = spin->count;
        clock->leaps++;
    } else if (back && clock->leaps < MOST_LEAPS && !clock->is_tested_again) {
        clock->is_tested_again = true;
        leap_from_here(clock, spin);
    } else if (back || ++clock->rounds >= 3) {
        place->patience = PATIENCE;
        go_on(clock);
    }
    return 0;
}

/* In a loop of its own there: then the thread has left the one that the clock stands still for. */
static void came_elsewhere(struct own_clock *clock, uint64_t what) {
    uint32_t count = clock->elsewhere_count;
    for (uint32_t i = 0; i < count && i < OWN_CLOCK_PLACES; i++)
        if (clock->elsewhere[i] == what)
            go_on(clock);
    clock->elsewhere[clock->elsewhere_count++ % OWN_CLOCK_PLACES] = what;
}

static uint64_t mixed(uint64_t hash, uint64_t word) {
    return (hash ^ word) * 0x9E3779B97F4A7C15u ^ hash >> 29;
}

/* One call may ask for several reads: they differ in where, and how. What they hope for may be another
 * thing in each round. */
static uint64_t what_of(const struct arrival *here) {
    return mixed(mixed(mixed(0, here->what[0]), here->what[1]), here->what[4]);
}

uint32_t own_clock_arrive(struct own_clock *clock, const struct spin *spin,
                          uint32_t back) {
    if (!clock->looks || !spin->count)
        return back;
    bool has_looked;
    const struct arrival *here = &spin->arrivals[spin->count - 1];
    uint64_t what = what_of(here);
    uintptr_t stack_pointer = here->entry.stack_pointer;
    struct clock_place *place = place_of(clock, what, stack_pointer, &has_looked);
    if (clock->is_still && what == clock->what && stack_pointer == clock->stack_pointer)
        return came_back_still(clock, place, spin, back);
    if (!has_looked)
        return back;
    if (clock->is_still)
        came_elsewhere(clock, what);
    else if (place->patience)
        place->patience--;
    else if (!back && clock->leaps < MOST_LEAPS)
        stand_still(clock, place, spin);
    return 0;
}
