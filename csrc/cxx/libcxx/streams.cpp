// SPDX-License-Identifier: MIT
/*
 * streams: what the standard streams fill with, known before main.
 *
 * Why       libc++ asks the locale for it when a stream first needs it. Which of two threads does that is
 *           nothing that a program can tell, but they would take different steps.
 * How       The streams are named without being taken from the archive: who has none stays without. All are
 *           there before this is done. Where they keep it: csrc/explore/program/standard_streams.c.
 */
#include <initializer_list>

enum { IN_OUTPUT = 8 + 144, IN_INPUT = 16 + 144 };

#define STREAM(name, symbol)                                                             \
    extern char name[] __asm__("_ZNSt3__1" symbol "E") __attribute__((weak));
STREAM(out, "4cout")
STREAM(err, "4cerr")
STREAM(log, "4clog")
STREAM(in, "3cin")
STREAM(wide_out, "5wcout")
STREAM(wide_err, "5wcerr")
STREAM(wide_log, "5wclog")
STREAM(wide_in, "4wcin")

static void fill_with_blanks(char *stream, int place) {
    if (stream)
        *reinterpret_cast<int *>(stream + place) = ' ';
}

__attribute__((constructor)) static void fill_all() {
    for (char *each : {out, err, log, wide_out, wide_err, wide_log})
        fill_with_blanks(each, IN_OUTPUT);
    for (char *each : {in, wide_in})
        fill_with_blanks(each, IN_INPUT);
}
