/* SPDX-License-Identifier: MIT */
/* json: see json.h. */
#include "host/json.h"

#include <inttypes.h>
#include <string.h>

static void comma(struct json *json) {
    if (json->needs_comma)
        fputc(',', json->file);
    json->needs_comma = true;
}

void json_open(struct json *json, char bracket) {
    comma(json);
    fputc(bracket, json->file);
    json->needs_comma = false;
}

void json_close(struct json *json, char bracket) {
    fputc(bracket, json->file);
    json->needs_comma = true;
}

void json_bytes(struct json *json, const char *bytes, size_t count) {
    comma(json);
    fputc('"', json->file);
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '"' || byte == '\\')
            fprintf(json->file, "\\%c", byte);
        else if (byte < 32 || byte >= 127)
            fprintf(json->file, "\\u%04x", byte); /* Latin-1: any byte can be written */
        else
            fputc(byte, json->file);
    }
    fputc('"', json->file);
}

void json_text(struct json *json, const char *text) {
    json_bytes(json, text, strlen(text));
}

void json_key(struct json *json, const char *key) {
    json_text(json, key);
    fputc(':', json->file);
    json->needs_comma = false;
}

void json_integer(struct json *json, int64_t value) {
    comma(json);
    fprintf(json->file, "%" PRId64, value);
}

void json_count(struct json *json, uint64_t value) {
    comma(json);
    fprintf(json->file, "%" PRIu64, value);
}

void json_real(struct json *json, double value) {
    comma(json);
    fprintf(json->file, "%.9g", value);
}

void json_truth(struct json *json, bool value) {
    comma(json);
    fputs(value ? "true" : "false", json->file);
}

void json_null(struct json *json) {
    comma(json);
    fputs("null", json->file);
}

static int64_t sign_extend(uint64_t value, unsigned size) {
    unsigned unused = size < 8 ? 64 - 8 * size : 0;
    return (int64_t)(value << unused) >> unused;
}

void json_value(struct json *json, const uint64_t value[2], unsigned size) {
    char digits[48];
    char *digit = digits + sizeof digits;
    unsigned __int128 rest = (unsigned __int128)value[1] << 64 | value[0];

    if (size < 16) {
        json_integer(json, sign_extend(value[0], size));
        return;
    }
    *--digit = '\0';
    do {
        *--digit = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest);
    comma(json);
    fputs(digit, json->file);
}

void json_line(struct json *json) {
    fputc('\n', json->file);
    fflush(json->file);
    json->needs_comma = false;
}
