/* SPDX-License-Identifier: MIT */
#include "program/standard_streams.h"

/* Of std::basic_ios, and where that lies in the two kinds of streams. */
enum { WIDTH = 16, WIDTH_END = 24, STATE = 32, STATE_END = 36 };
enum { FILL = 224, FILL_END = 232 };
enum { IN_OUTPUT = 8, COUNT = 8, IN_INPUT = 16, STREAM_BYTES = 280 };

static const struct {
    const char *symbol;
    bool is_input;
} known[STANDARD_STREAMS] = {
    {"_ZSt4cout", false},  {"_ZSt4cerr", false},  {"_ZSt4clog", false},
    {"_ZSt3cin", true},    {"_ZSt5wcout", false}, {"_ZSt5wcerr", false},
    {"_ZSt5wclog", false}, {"_ZSt4wcin", true},
};

void standard_streams_open(struct standard_streams *streams, const struct image *image) {
    for (size_t i = 0; i < STANDARD_STREAMS; i++) {
        uintptr_t start = image_symbol(image, known[i].symbol);
        streams->start[i] = start;
        if (start && (!streams->lowest || start < streams->lowest))
            streams->lowest = start;
        if (start && start + STREAM_BYTES > streams->end)
            streams->end = start + STREAM_BYTES;
    }
}

static bool is_own(size_t offset, bool is_input) {
    if (is_input && offset >= COUNT && offset < IN_INPUT)
        return true;
    offset -= is_input ? IN_INPUT : IN_OUTPUT;
    return (offset >= WIDTH && offset < WIDTH_END) ||
           (offset >= STATE && offset < STATE_END) ||
           (offset >= FILL && offset < FILL_END);
}

bool standard_streams_own(const struct standard_streams *streams, uintptr_t start) {
    if (start < streams->lowest || start >= streams->end)
        return false;
    for (size_t i = 0; i < STANDARD_STREAMS; i++)
        if (streams->start[i] && start - streams->start[i] < STREAM_BYTES &&
            is_own(start - streams->start[i], known[i].is_input))
            return true;
    return false;
}
