/* SPDX-License-Identifier: MIT */
#include "program/standard_streams.h"

/* Where these lie in std::basic_ios, and that in the two kinds of streams. */
enum { IN_OUTPUT = 8, COUNT = 8, IN_INPUT = 16, WIDTH_BYTES = 8, STATE_BYTES = 4 };

struct layout {
    size_t width, state, fill, fill_bytes, bytes;
};

static const struct layout of_gnu = {16, 32, 224, 8, 280};
static const struct layout of_llvm = {24, 32, 144, 4, 168};

static const struct {
    const char *symbol;
    bool is_input;
    const struct layout *layout;
} known[STANDARD_STREAMS] = {
    {"_ZSt4cout", false, &of_gnu},         {"_ZSt4cerr", false, &of_gnu},
    {"_ZSt4clog", false, &of_gnu},         {"_ZSt3cin", true, &of_gnu},
    {"_ZSt5wcout", false, &of_gnu},        {"_ZSt5wcerr", false, &of_gnu},
    {"_ZSt5wclog", false, &of_gnu},        {"_ZSt4wcin", true, &of_gnu},
    {"_ZNSt3__14coutE", false, &of_llvm},  {"_ZNSt3__14cerrE", false, &of_llvm},
    {"_ZNSt3__14clogE", false, &of_llvm},  {"_ZNSt3__13cinE", true, &of_llvm},
    {"_ZNSt3__15wcoutE", false, &of_llvm}, {"_ZNSt3__15wcerrE", false, &of_llvm},
    {"_ZNSt3__15wclogE", false, &of_llvm}, {"_ZNSt3__14wcinE", true, &of_llvm},
};

void standard_streams_open(struct standard_streams *streams, const struct image *image) {
    for (size_t i = 0; i < STANDARD_STREAMS; i++) {
        uintptr_t start = image_symbol(image, known[i].symbol);
        streams->start[i] = start;
        if (start && (!streams->lowest || start < streams->lowest))
            streams->lowest = start;
        if (start && start + known[i].layout->bytes > streams->end)
            streams->end = start + known[i].layout->bytes;
    }
}

static bool is_own(size_t offset, bool is_input, const struct layout *layout) {
    if (is_input && offset >= COUNT && offset < IN_INPUT)
        return true;
    offset -= is_input ? IN_INPUT : IN_OUTPUT;
    return offset - layout->width < WIDTH_BYTES || offset - layout->state < STATE_BYTES ||
           offset - layout->fill < layout->fill_bytes;
}

bool standard_streams_own(const struct standard_streams *streams, uintptr_t start) {
    if (start < streams->lowest || start >= streams->end)
        return false;
    for (size_t i = 0; i < STANDARD_STREAMS; i++)
        if (streams->start[i] && start - streams->start[i] < known[i].layout->bytes &&
            is_own(start - streams->start[i], known[i].is_input, known[i].layout))
            return true;
    return false;
}
