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

/* Bytes of the UTF-8 character that begins here, 0 where none does; the shortest form only. */
static size_t character(const unsigned char *at, size_t left, uint32_t *code) {
    size_t more = at[0] >= 0xc2 && at[0] < 0xe0   ? 1
                  : at[0] >= 0xe0 && at[0] < 0xf0 ? 2
                  : at[0] >= 0xf0 && at[0] < 0xf5 ? 3
                                                  : 0;
    if (more == 0 || more >= left)
        return 0;
    *code = at[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3fu);
    }
    bool is_one = (more == 1 || *code >= (more == 2 ? 0x800u : 0x10000u)) &&
                  *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
    return is_one ? more + 1 : 0;
}

static void put_character(struct json *json, uint32_t code) {
    if (code >= 0x10000) {
        fprintf(json->file, "\\u%04x", 0xd800 + ((code - 0x10000) >> 10));
        code = 0xdc00 + ((code - 0x10000) & 0x3ff);
    }
    fprintf(json->file, "\\u%04x", code);
}

void json_bytes(struct json *json, const char *bytes, size_t count) {
    comma(json);
    fputc('"', json->file);
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        uint32_t code = 0;
        size_t length = character((const unsigned char *)bytes + i, count - i, &code);
        if (length > 0) {
            put_character(json, code);
            i += length - 1;
        } else if (byte == '"' || byte == '\\')
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
