/* SPDX-License-Identifier: MIT */
/*
 * parse: one input in every place, and the judgement of what the parser did with it.
 *
 * Why       Each place sees what the others cannot: a guard page sees a read beyond the end, two
 *           different surroundings see a read that stays in the receive buffer, alignments see
 *           assumptions about alignment, the reference sees wrong values.
 * Cost      Proportional to the input: arenas stand, records are allocated once, old bytes are
 *           put back only where the input lay.
 */
#include "heald/parse.h"

#include "arena.h"
#include "confine.h"
#include "copies.h"
#include "emitted.h"
#include "fault.h"
#include "pieces.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#ifndef PARSE_CHECKED
#define PARSE_CHECKED 0
#endif

#define MARGIN ((size_t)128) /* bytes on each side that must keep their old values */
/* The middle of a room, with 64 KiB and more before it: lengths of 16 bits stay in the
 * room. */
#define MIDDLE ((size_t)1 << 17)
#define ROOM_SIZE (PARSE_SIZE_LIMIT + 2 * MIDDLE)
#define MARK 0xa5
#define ALIGNMENTS 8u

static struct arena arena;
static unsigned char *records; /* for PARSE_SIZE_LIMIT / least_record + 2 of them */
static size_t records_size;
static size_t used_records = 1; /* those that the call before may have written */
static int64_t *fields;
static struct parse_span *spans;

struct transcript {
    unsigned char *bytes;
    size_t size, capacity;
};

static void append(struct transcript *to, const void *bytes, size_t size) {
    if (size > 0 && to->size + size <= to->capacity) /* an empty span may be NULL */
        memcpy(to->bytes + to->size, bytes, size);
    to->size +=
        size; /* beyond the capacity only the size goes on: the reader sees the lack */
}

static void append_number(struct transcript *to, uint64_t number) {
    append(to, &number, sizeof number);
}

/* One that is fed in pieces has one, its state. */
static size_t room_for(size_t size) {
    return heald_parser.streams ? 1 : size / heald_parser.least_record;
}

static size_t most_records(size_t size) { return room_for(size) + 1; }

/* Bytes behind the input that belong to it. */
static size_t terminator(void) { return heald_parser.terminated != PARSE_NO_TERMINATOR; }

static void fail(struct parse_report *report, enum parse_status status, int64_t offset) {
    report->status = status;
    report->offset = offset;
}

static void judge_fault(struct parse_report *report, struct fault fault,
                        const unsigned char *data) {
    int64_t offset = pieces_offset(fault.address, data);
    int far = offset < -(int64_t)MIDDLE || offset > (int64_t)(PARSE_SIZE_LIMIT + MIDDLE);
    report->signal = fault.signal;
    report->at = fault.at;
    if (fault.signal == SIGSYS)
        fail(report, PARSE_FORBIDDEN, fault.system_call);
    else if (fault.signal == SIGPROF)
        fail(report, PARSE_NO_END, 0);
    else if (fault.signal != SIGSEGV && fault.signal != SIGBUS)
        fail(report, PARSE_CRASHED, 0);
    else if (fault.is_stack)
        fail(report, PARSE_STACK, 0);
    else
        fail(report, far ? PARSE_WILD_ACCESS : PARSE_READ_OUTSIDE, offset);
}

/* Writes down what the call returned; spans are read only after they are known to be
 * readable. */
static void write_down(const struct parse_call *call, struct parse_report *report,
                       struct transcript *to) {
    const struct parse_transcript head = {call->result, call->count, call->consumed};
    append(to, &head, sizeof head);
    for (size_t i = 0; i < call->count; i++) {
        const unsigned char *record =
            (const unsigned char *)call->records + i * heald_parser.record_size;
        heald_parser.show(record, call->data, fields, spans);
        append(to, fields, heald_parser.fields * sizeof *fields);
        for (uint32_t s = 0; s < heald_parser.spans; s++) {
            uintptr_t offset = (uintptr_t)spans[s].at - (uintptr_t)call->data;
            int inside =
                spans[s].length <= call->size && offset <= call->size - spans[s].length;
            uintptr_t own = (uintptr_t)spans[s].at - (uintptr_t)call->records;
            int copied = !heald_parser.in_place && spans[s].length <= records_size &&
                         own <= records_size - spans[s].length;
            if (spans[s].length > 0 && !inside && !copied) {
                fail(report, PARSE_POINTER_OUTSIDE, (int64_t)offset);
                return;
            }
            append_number(to, spans[s].length);
            append(to, spans[s].at, spans[s].length);
        }
    }
}

/* And what its callbacks said. */
static void write_down_emitted(const struct parse_call *call, struct parse_report *report,
                               struct transcript *to) {
    struct emitted emitted = emitted_end(call->result < 0);
    if (emitted.is_full)
        fail(report, PARSE_TOO_MANY, (int64_t)emitted.count);
    else if (emitted_outside())
        fail(report, PARSE_POINTER_OUTSIDE, pieces_offset(emitted_outside(), call->data));
    append_number(to, emitted.count);
    append(to, emitted.bytes, emitted.size);
}

/* What is in the records before a call: nothing, or another byte each time, in turn. A field that
 * the parser leaves as it was is another number each time, and a truth another truth. */
static void age_records(void) {
    static unsigned char age;
    static int is_old;
    age = age == 0xfe ? 1 : (unsigned char)(age + 1);
    is_old = !is_old;
    memset(records, is_old ? age : 0, used_records * heald_parser.record_size);
}

/* Beside the records that a call may write: as they were put there. */
static void mark_beside_records(size_t limit) {
    memset(records - MARGIN, MARK, MARGIN);
    memset(records + limit * heald_parser.record_size, MARK, MARGIN);
}

static int wrote_beside_records(size_t limit) {
    static unsigned char marks[MARGIN];
    memset(marks, MARK, MARGIN);
    return memcmp(records - MARGIN, marks, MARGIN) != 0 ||
           memcmp(records + limit * heald_parser.record_size, marks, MARGIN) != 0;
}

static void run(parse_function *function, const unsigned char *data, size_t size,
                struct parse_report *report, struct transcript *to) {
    struct parse_call call = {.function = function,
                              .data = data,
                              .size = size,
                              .records = records,
                              .limit = most_records(size)};
    age_records();
    mark_beside_records(call.limit);
    emitted_begin();
    emitted_expect(data, size, (int)heald_parser.in_place);
    copies = (struct copies){.input = data, .size = size};
    struct fault fault = fault_call(&call);
    used_records = (call.count < call.limit ? call.count : call.limit) + 1;
    uint64_t copied = copies.copied + copies.allocated;
    copies.input = NULL;
    to->size = 0;
    if (fault.signal)
        judge_fault(report, fault, data);
    else if (wrote_beside_records(call.limit))
        fail(report, PARSE_BESIDE_RECORDS, 0);
    else if (call.consumed > size)
        fail(report, PARSE_CONSUMED_OUTSIDE, (int64_t)call.consumed);
    else if (call.count > room_for(size))
        fail(report, PARSE_TOO_MANY, (int64_t)call.count);
    else
        write_down(&call, report, to);
    if (report->status == PARSE_OK)
        write_down_emitted(&call, report, to);
    if (report->status == PARSE_OK && function == heald_parser.parse &&
        heald_parser.in_place && copied)
        fail(report, PARSE_NOT_IN_PLACE, (int64_t)copied);
}

struct place {
    enum parse_place kind;
    unsigned fill;
    size_t start; /* from the start of the room */
};

static struct place place_input(enum parse_place kind, unsigned fill, unsigned alignment,
                                size_t size) {
    size_t start = MIDDLE + alignment;
    if (kind == PLACE_BEFORE_GUARD) /* the end is what must touch the guard */
        start = arena.room_size - size - terminator();
    else if (kind == PLACE_AFTER_GUARD)
        start = 0;
    return (struct place){.kind = kind, .fill = fill, .start = start};
}

static int neighbours_touched(struct place place, size_t size) {
    size_t before = place.start < MARGIN ? place.start : MARGIN;
    size_t end = place.start + size + terminator();
    size_t after = arena.room_size - end < MARGIN ? arena.room_size - end : MARGIN;
    return arena_touched(&arena, place.fill, place.start - before, before) ||
           arena_touched(&arena, place.fill, end, after);
}

static void run_in(struct place place, const unsigned char *input, size_t size,
                   struct parse_report *report, struct transcript *to) {
    unsigned char *data = arena.room[place.fill] + place.start;
    memcpy(data, input, size);
    memset(data + size, 0, terminator());
    report->place = place.kind;
    report->alignment = (int32_t)((uintptr_t)data % ALIGNMENTS);
    run(heald_parser.parse, data, size, report, to);
    int changed = memcmp(data, input, size) != 0 || neighbours_touched(place, size) ||
                  (terminator() && data[size] != 0);
    if (report->status == PARSE_OK && changed)
        fail(report, PARSE_INPUT_CHANGED, 0);
    arena_restore(&arena, place.fill, changed ? 0 : place.start,
                  changed ? arena.room_size : size + terminator());
}

static int same(const struct transcript *a, const struct transcript *b) {
    size_t size = a->size < a->capacity ? a->size : a->capacity;
    return a->size == b->size && memcmp(a->bytes, b->bytes, size) == 0;
}

static void compare_with_reference(const unsigned char *input, size_t size,
                                   struct parse_report *report,
                                   const struct transcript *first,
                                   struct transcript *other) {
    struct parse_report own = {.status = PARSE_OK};
    unsigned char *data = arena.room[0] + MIDDLE;
    memcpy(data, input, size);
    memset(data + size, 0, terminator());
    run(heald_parser.reference, data, size, &own, other);
    arena_restore(&arena, 0, MIDDLE, size + terminator());
    if (own.status != PARSE_OK || !same(first, other))
        fail(report, PARSE_WRONG, 0);
}

/* In a checked build: blocks of exactly the input's size, which the sanitizer watches. */
static void run_in_heap_blocks(const unsigned char *input, size_t size,
                               unsigned alignments, struct parse_report *report,
                               struct transcript *to) {
    for (unsigned alignment = 0; alignment < ALIGNMENTS; alignment++) {
        if (!(alignments >> alignment & 1))
            continue;
        size_t bytes = alignment + size + terminator();
        unsigned char *block = malloc(bytes + !bytes);
        if (!block)
            abort();
        memcpy(block + alignment, input, size);
        memset(block + alignment + size, 0, terminator());
        report->place = PLACE_HEAP_BLOCK;
        report->alignment = (int32_t)alignment;
        run(heald_parser.parse, block + alignment, size, report, to);
        free(block);
    }
}

/* However it is cut. The guards are those of the pieces. */
static void run_in_pieces(const unsigned char *input, size_t size,
                          struct parse_report *report, struct transcript *first,
                          struct transcript *other) {
    report->place = PLACE_PIECES;
    for (int way = PIECES_WHOLE; way < PIECES_WAYS && report->status == PARSE_OK; way++) {
        for (int again = 0; again < 2 && report->status == PARSE_OK; again++) {
            int is_first = way == PIECES_WHOLE && !again;
            pieces_choose((enum pieces_way)way, size, again);
            run(heald_parser.parse, input, size, report, is_first ? first : other);
            if (is_first)
                report->transcript_size = first->size;
            else if (report->status == PARSE_OK && !same(first, other))
                fail(report, way == PIECES_WHOLE ? PARSE_UNSET : PARSE_DEPENDS_ON_PIECES,
                     0);
        }
    }
    if (report->status != PARSE_OK || !heald_parser.reference)
        return;
    pieces_choose(PIECES_WHOLE, size, 0);
    compare_with_reference(input, size, report, first, other);
}

/* The guards first: after them the input is known to be read within its bounds or
 * reported. */
static void run_everywhere(const unsigned char *input, size_t size, unsigned alignments,
                           struct parse_report *report, struct transcript *first,
                           struct transcript *other) {
    *report = (struct parse_report){.status = PARSE_OK, .size = size};
    pieces_choose(PIECES_WHOLE, size, 0);
    if (heald_parser.streams) {
        run_in_pieces(input, size, report, first, other);
        return;
    }
    if (heald_parser.terminated == PARSE_TEXT)
        size = strnlen((const char *)input, size);
    if (PARSE_CHECKED)
        run_in_heap_blocks(input, size, alignments, report, first);
    run_in(place_input(PLACE_BEFORE_GUARD, 0, 0, size), input, size, report, first);
    report->transcript_size = first->size;
    if (report->status == PARSE_OK)
        run_in(place_input(PLACE_BEFORE_GUARD, 0, 0, size), input, size, report, other);
    if (report->status == PARSE_OK && !same(first, other))
        fail(report, PARSE_UNSET, 0);
    if (report->status == PARSE_OK)
        run_in(place_input(PLACE_AFTER_GUARD, 1, 0, size), input, size, report, other);
    if (report->status == PARSE_OK && !same(first, other))
        fail(report, PARSE_DEPENDS_OUTSIDE, 0);
    for (unsigned i = 0; i < 2 * ALIGNMENTS && report->status == PARSE_OK; i++) {
        if (!(alignments >> i / 2 & 1))
            continue;
        run_in(place_input(PLACE_REUSED_BUFFER, i % 2, i / 2, size), input, size, report,
               other);
        if (report->status == PARSE_OK && !same(first, other))
            fail(report, PARSE_DEPENDS_OUTSIDE, 0);
    }
    if (report->status == PARSE_OK && heald_parser.reference)
        compare_with_reference(input, size, report, first, other);
}

int parse_open(unsigned time_limit_ms) {
    if (heald_parser.abi != HEALD_PARSE_ABI)
        return EPROTO;
    records_size = (most_records(PARSE_SIZE_LIMIT) + 1) * heald_parser.record_size;
    records = malloc(records_size + 2 * MARGIN);
    fields = malloc((heald_parser.fields + 1) * sizeof *fields);
    spans = malloc((heald_parser.spans + 1) * sizeof *spans);
    if (!records || !fields || !spans)
        return ENOMEM;
    records += MARGIN;
    int error = arena_open(&arena, ROOM_SIZE);
    if (!error)
        error = pieces_open();
    return error ? error : fault_open(time_limit_ms);
}

void parse_confine(void) { confine_parser(); }

void parse_close(void) {
    fault_close();
    arena_close(&arena);
    pieces_close();
    free(records - MARGIN);
    free(fields);
    free(spans);
}

#define TRANSCRIPT_CAPACITY (8 * PARSE_SIZE_LIMIT)
static unsigned char transcript_bytes[2][TRANSCRIPT_CAPACITY];

void parse_case(const unsigned char *data, size_t size, uint64_t alignments,
                struct parse_report *report, unsigned char *transcript,
                size_t transcript_capacity) {
    struct transcript first = {transcript, 0, transcript_capacity};
    struct transcript other = {transcript_bytes[1], 0, transcript_capacity};
    run_everywhere(data, size, (unsigned)alignments, report, &first, &other);
}

uint64_t parse_bulk(uint64_t seed, uint64_t first_case, uint64_t count,
                    struct parse_report *report, unsigned char *input,
                    size_t input_capacity) {
    struct transcript first = {transcript_bytes[0], 0, TRANSCRIPT_CAPACITY};
    struct transcript other = {transcript_bytes[1], 0, TRANSCRIPT_CAPACITY};
    for (uint64_t done = 0; done < count; done++) {
        uint64_t number = first_case + done;
        /* Odd multiplier: different cases of one seed, and of neighbouring seeds, differ.
         */
        size_t size = heald_parser.generate(seed + number * 0xd1342543de82ef95u, input,
                                            input_capacity);
        run_everywhere(input, size, 1u << number % ALIGNMENTS, report, &first, &other);
        if (report->status != PARSE_OK)
            return done;
    }
    return count;
}
