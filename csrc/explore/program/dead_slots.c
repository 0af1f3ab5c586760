/* SPDX-License-Identifier: MIT */
/* dead_slots: see dead_slots.h. */
#include "program/dead_slots.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "program/frame_code.h"
#include "program/image.h"

enum {
    FRAME_BYTES = 512, /* below rbp: what lies lower is alive */
    WORDS = FRAME_BYTES / 64,
    MOST_STEPS = 4096,
    KEPT = 1024, /* places of calls: a power of two */
    SIZES = 5,
    MOST_HOOKS = 40,
};

/* Bit i stands for the byte at rbp - 1 - i. */
struct slots {
    uint64_t word[WORDS];
};

struct kept {
    uintptr_t code; /* 0: free */
    struct slots dead;
};

/* Only ever added to: of a program that does not change. */
struct known {
    const struct image *image;
    uintptr_t (*served)(const char *name);
    bool catches; /* exceptions or longjmp may lead to code of the program's */
    uint32_t kept_count;
    struct kept kept[KEPT];
    uintptr_t hook_at[MOST_HOOKS][SIZES]; /* for 1, 2, 4, 8 and 16 bytes */
};

/* Of the function that is read. */
struct work {
    struct frame_step steps[MOST_STEPS];
    struct slots alive[MOST_STEPS]; /* before each step */
    bool is_reached[MOST_STEPS];
    size_t waiting[MOST_STEPS];
};

static struct known known;
static struct work work;

/* --- hooks ------------------------------------------------------------------------------- */

struct hook {
    const char *name; /* with %d for a size, in bits after "atomic", in bytes else */
    enum frame_hook what;
};

static const struct hook hooks[] = {
    {"__tsan_read%d", FRAME_ANNOUNCES},
    {"__tsan_write%d", FRAME_ANNOUNCES},
    {"__tsan_read_write%d", FRAME_ANNOUNCES},
    {"__tsan_unaligned_read%d", FRAME_ANNOUNCES},
    {"__tsan_unaligned_write%d", FRAME_ANNOUNCES},
    {"__tsan_unaligned_read_write%d", FRAME_ANNOUNCES},
    {"__tsan_volatile_read%d", FRAME_ANNOUNCES},
    {"__tsan_volatile_write%d", FRAME_ANNOUNCES},
    {"__tsan_atomic%d_load", FRAME_QUIET},
    {"__tsan_atomic%d_store", FRAME_QUIET},
    {"__tsan_atomic%d_exchange", FRAME_QUIET},
    {"__tsan_atomic%d_fetch_add", FRAME_QUIET},
    {"__tsan_atomic%d_fetch_sub", FRAME_QUIET},
    {"__tsan_atomic%d_fetch_and", FRAME_QUIET},
    {"__tsan_atomic%d_fetch_or", FRAME_QUIET},
    {"__tsan_atomic%d_fetch_xor", FRAME_QUIET},
    {"__tsan_atomic%d_fetch_nand", FRAME_QUIET},
    {"__tsan_atomic%d_compare_exchange_val", FRAME_QUIET},
    {"__tsan_atomic%d_compare_exchange_strong", FRAME_COMPARES},
    {"__tsan_atomic%d_compare_exchange_weak", FRAME_COMPARES},
    {"__tsan_atomic_thread_fence", FRAME_QUIET},
    {"__tsan_atomic_signal_fence", FRAME_QUIET},
    {"__tsan_func_entry", FRAME_QUIET},
    {"__tsan_func_exit", FRAME_QUIET},
    {"__heald_assembly", FRAME_ASSEMBLY},
    {"__heald_assembly_vectors", FRAME_ASSEMBLY},
    {"__heald_assembly_wide", FRAME_ASSEMBLY},
    {"setjmp", FRAME_TWICE},
    {"_setjmp", FRAME_TWICE},
    {"__sigsetjmp", FRAME_TWICE},
    {"__cxa_begin_catch", FRAME_TWICE},
    {"_Unwind_Resume", FRAME_TWICE},
};

enum { HOOKS = sizeof hooks / sizeof *hooks };
_Static_assert((int)HOOKS <= (int)MOST_HOOKS, "room for all");

static void find_hooks(void) {
    char name[64];

    for (size_t i = 0; i < HOOKS; i++)
        for (int size = 0; size < SIZES; size++) {
            bool is_atomic = strstr(hooks[i].name, "atomic%d") != NULL;
            const char *number = strstr(hooks[i].name, "%d");
            int before =
                number ? (int)(number - hooks[i].name) : (int)strlen(hooks[i].name);
            snprintf(name, sizeof name, "%.*s%d%s", before, hooks[i].name,
                     (is_atomic ? 8 : 1) << size, number ? number + 2 : "");
            uintptr_t at = known.served(number ? name : hooks[i].name);
            if (!at &&
                hooks[i].what == FRAME_TWICE) /* the C++ library's: it is linked in */
                at = image_symbol(known.image, hooks[i].name);
            known.hook_at[i][size] = at;
        }
}

static enum frame_hook hook_of(uintptr_t called, uint32_t *bytes) {
    for (size_t i = 0; i < HOOKS; i++)
        for (int size = 0; size < SIZES; size++)
            if (known.hook_at[i][size] == called) {
                *bytes = 1u << size;
                return hooks[i].what;
            }
    return FRAME_NO_HOOK;
}

/* --- liveness ------------------------------------------------------------------------------- */

static void set(struct slots *slots, int32_t at, uint32_t bytes, bool is_alive) {
    for (uint32_t i = 0; i < bytes; i++) {
        int64_t slot = -1 - ((int64_t)at + i);
        if (slot < 0 || slot >= FRAME_BYTES)
            continue;
        uint64_t bit = 1ull << (slot & 63);
        if (is_alive)
            slots->word[slot >> 6] |= bit;
        else
            slots->word[slot >> 6] &= ~bit;
    }
}

static void add(struct slots *slots, const struct slots *more) {
    for (int i = 0; i < WORDS; i++)
        slots->word[i] |= more->word[i];
}

/* The step at this address; `count`: none begins there. */
static size_t step_at(const uint8_t *at, size_t count) {
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work.steps[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && work.steps[low].at == at ? low : count;
}

/* Marks what the function comes to by itself. */
static void reach(size_t first, size_t count) {
    size_t *waiting = work.waiting;
    size_t waiting_count = 0;

    memset(work.is_reached, 0, count);
    waiting[waiting_count++] = first;
    work.is_reached[first] = true;
    while (waiting_count) {
        size_t i = waiting[--waiting_count];
        size_t next[2] = {count, count};
        if (work.steps[i].way == FRAME_GOES_ON || work.steps[i].way == FRAME_BRANCHES ||
            work.steps[i].way == FRAME_CALLS)
            next[0] = i + 1;
        if (work.steps[i].target)
            next[1] = step_at(work.steps[i].target, count);
        for (int way = 0; way < 2; way++)
            if (next[way] < count && !work.is_reached[next[way]]) {
                work.is_reached[next[way]] = true;
                waiting[waiting_count++] = next[way];
            }
    }
}

/* Can a call go on at nothing but what follows it? Where there is code that only others lead to, it may be
   where an exception lands; so may what follows a call that does not return, but then it catches the
   exception or passes it on. */
static bool calls_go_on(size_t count) {
    if (known.catches)
        return false;
    reach(0, count);
    for (size_t i = 0; i < count; i++)
        if (!work.is_reached[i] || work.steps[i].is_twice)
            return false;
    return true;
}

/* What is alive before step `i`, by what is known to be behind it. */
static struct slots before(size_t i, size_t count, bool go_on) {
    static const struct slots none;
    const struct frame_step *step = &work.steps[i];
    struct slots found = none, all;

    memset(&all, 0xFF, sizeof all);
    if (step->way == FRAME_UNKNOWN || (step->way == FRAME_CALLS && !go_on))
        return all;
    if (step->way == FRAME_GOES_ON || step->way == FRAME_BRANCHES ||
        step->way == FRAME_CALLS) {
        if (i + 1 == count)
            return all;
        add(&found, &work.alive[i + 1]);
    }
    if (step->target) {
        size_t target = step_at(step->target, count);
        if (target == count)
            return all; /* outside: it is another function's */
        add(&found, &work.alive[target]);
    }
    set(&found, step->written_at, step->written_bytes, false);
    set(&found, step->read_at, step->read_bytes, true);
    return found;
}

static void find_alive(size_t count) {
    bool has_changed = true, go_on = calls_go_on(count);

    memset(work.alive, 0, count * sizeof *work.alive);
    while (has_changed) {
        has_changed = false;
        for (size_t i = count; i-- > 0;) {
            struct slots found = before(i, count, go_on);
            if (memcmp(&found, &work.alive[i], sizeof found) != 0) {
                work.alive[i] = found;
                has_changed = true;
            }
        }
    }
}

/* --- what is known of the places of calls ---------------------------------------------------- */

static struct kept *place_of(uintptr_t code) {
    size_t at = (code * 0x9E3779B97F4A7C15ull) >> 32 & (KEPT - 1);

    while (known.kept[at].code && known.kept[at].code != code)
        at = (at + 1) & (KEPT - 1);
    return &known.kept[at];
}

static void read_function(uintptr_t code, struct slots *dead) {
    uintptr_t start, end;

    memset(dead, 0, sizeof *dead);
    if (!image_function(known.image, code - 1, &start, &end))
        return;
    size_t count = frame_code_read((const uint8_t *)start, (const uint8_t *)end, hook_of,
                                   work.steps, MOST_STEPS);
    size_t next = step_at((const uint8_t *)code, count);
    if (next == count || next == 0 || !work.steps[next - 1].is_call)
        return;
    find_alive(count);
    for (int i = 0; i < WORDS; i++)
        dead->word[i] = ~work.alive[next].word[i];
}

/* What is dead where the call that returns to `code` was made. */
static const struct slots *dead_at(uintptr_t code) {
    struct kept *place = place_of(code);

    if (!place->code) {
        if (known.kept_count == 0)
            find_hooks();
        if (known.kept_count == KEPT / 2) {
            memset(known.kept, 0, sizeof known.kept);
            known.kept_count = 0;
            place = place_of(code);
        }
        place->code = code;
        known.kept_count++;
        read_function(code, &place->dead);
    }
    return &place->dead;
}

void dead_slots_open(const struct image *image, uintptr_t (*served)(const char *name)) {
    known.image = image;
    known.served = served;
    known.catches = image_catches(image);
}

bool dead_slots_hide(uintptr_t low, uintptr_t frame, const uint8_t *here,
                     const uint8_t *there, uint32_t count) {
    uintptr_t code = *(const uintptr_t *)low;
    const struct slots *dead = NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (here[i] == there[i])
            continue;
        uintptr_t below = frame - 1 - (low + i);
        if (below >= FRAME_BYTES || i < sizeof code)
            return false;
        if (!dead)
            dead = dead_at(code);
        if (!(dead->word[below >> 6] >> (below & 63) & 1))
            return false;
    }
    return true;
}
