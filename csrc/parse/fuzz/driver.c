/* SPDX-License-Identifier: MIT */
/*
 * driver: hands libFuzzer's inputs to the harness; a finding ends the process.
 *
 * Why       Coverage guides libFuzzer to inputs that no generator thinks of. What is wrong with an
 *           input is still judged by the harness: every place, the reference, no copies.
 * Order     The harness takes its signals at the first input, after libFuzzer has taken its own.
 */
#include "heald/parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TIME_LIMIT_MS 500u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int opened;
    static unsigned char transcript[1 << 16];
    struct parse_report report;
    if (!opened && parse_open(TIME_LIMIT_MS))
        abort();
    opened = 1;
    parse_case(data, size, 1u << size % 8, &report, transcript, sizeof transcript);
    if (report.status != PARSE_OK)
        abort(); /* libFuzzer keeps the input */
    return 0;
}
