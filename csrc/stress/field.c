/* SPDX-License-Identifier: MIT */
/* field: see field.h */
#include "field.h"

#include "memory.h"

#include <string.h>

#define FIELD_BYTES ((size_t)64 << 20)
#define LINE 64u
#define GUARD_BYTE 0xA5

static size_t round_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

bool field_init(struct field *field) {
    *field = (struct field){.memory = memory_guarded(FIELD_BYTES), .bytes = FIELD_BYTES};
    return field->memory != NULL;
}

static size_t pitch_of(const struct heald_subject *subject, uint32_t layout) {
    size_t alignment = subject->state_alignment == 0 ? 1 : subject->state_alignment;
    size_t pitch = round_up(subject->state_size + FIELD_GUARD, alignment);
    if (layout == STRESS_LINE)
        return round_up(pitch, LINE > alignment ? LINE : alignment);
    if (layout == STRESS_TWO_LINES)
        return round_up(pitch, 2 * LINE > alignment ? 2 * LINE : alignment);
    return pitch;
}

/* Bytes that one more state takes, without the rounding to cache lines. */
static size_t bytes_per_state(const struct field *field, const struct plan *plan,
                              bool history) {
    size_t bytes = field->pitch + sizeof(uint32_t);
    bytes += (plan->threads + 1) * field->local_pitch;
    bytes += plan->result_count * sizeof(int64_t);
    if (history)
        bytes += (size_t)plan->thread_calls * 2 * sizeof(uint64_t);
    return bytes;
}

/* The next `bytes` of the block, at the start of a pair of cache lines. */
static void *take(struct field *field, size_t *used, size_t bytes) {
    void *taken = field->memory + *used;
    *used += round_up(bytes, 2 * LINE);
    return taken;
}

static void shuffle(uint32_t *order, uint32_t count, struct random *random) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = random_below(random, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
}

void field_fresh(unsigned char *object, size_t size) {
    memset(object, 0, size);
    memset(object + size, GUARD_BYTE, FIELD_GUARD);
}

int field_broken_guard(const unsigned char *object, size_t size) {
    for (int i = 0; i < (int)FIELD_GUARD; i++)
        if (object[size + (size_t)i] != GUARD_BYTE)
            return i;
    return -1;
}

bool field_cut(struct field *field, const struct plan *plan,
               const struct stress_settings *settings, uint32_t most, bool history,
               struct random *random) {
    field->pitch = pitch_of(plan->subject, settings->layout);
    field->state_size = plan->subject->state_size;
    field->local_size = plan->subject->local_size;
    field->local_pitch =
        field->local_size == 0 ? 0 : round_up(field->local_size + FIELD_GUARD, LINE);
    size_t spare = 4096 + (2 * PLAN_SEQUENCES + 4) * 2 * LINE;
    size_t room = (field->bytes - spare) / bytes_per_state(field, plan, history);
    uint32_t count = settings->stride < 1 ? 1 : settings->stride;
    count = count > most ? most : count;
    field->count = count > room ? (uint32_t)room : count;
    if (field->count == 0)
        return false;
    count = field->count;

    size_t used = 0;
    field->states = take(field, &used, count * field->pitch);
    field->order = NULL;
    if (settings->shuffled != 0) {
        field->order = take(field, &used, count * sizeof *field->order);
        shuffle(field->order, count, random);
    }
    field->locals = take(field, &used, (plan->threads + 1) * count * field->local_pitch);
    for (uint32_t s = 0; s < plan->threads + 2; s++) {
        const struct plan_sequence *sequence = &plan->sequences[s];
        field->logs[s] = take(field, &used, (size_t)count * sequence->results * 8);
        bool stamped = history && s >= 1 && s <= plan->threads;
        size_t stamps = (size_t)count * sequence->count * 2 * sizeof(uint64_t);
        field->stamps[s] = stamped ? take(field, &used, stamps) : NULL;
    }
    return true;
}
