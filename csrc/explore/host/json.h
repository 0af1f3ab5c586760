/* SPDX-License-Identifier: MIT */
/*
 * json: writing JSON, one line an object.
 *
 * Rule      json_open/json_close nest; json_key comes before each value of an object; commas are
 *           put by the writer. Integers beyond 2^53 are written whole.
 */
#ifndef EXPLORE_JSON_H
#define EXPLORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *file;
    bool needs_comma;
};

void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);
void json_key(struct json *json, const char *key);
void json_text(struct json *json, const char *text);
void json_bytes(struct json *json, const char *bytes, size_t count);
void json_integer(struct json *json, int64_t value);
void json_count(struct json *json, uint64_t value);
void json_real(struct json *json, double value);
void json_truth(struct json *json, bool value);
void json_null(struct json *json);
/* A decimal number of `size` bytes (16: both halves), signed if it has fewer than 16. */
void json_value(struct json *json, const uint64_t value[2], unsigned size);
/* Ends the line and hands it to the reader at once. */
void json_line(struct json *json);

#endif
