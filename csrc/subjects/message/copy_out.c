/* SPDX-License-Identifier: MIT */
/*
 * copy_out: messages copied into structures that the caller keeps.
 *
 * Why       The buffer can be reused at once; the price is a copy and a cut-off at
 *           MESSAGE_COPY_LIMIT bytes (`length` keeps the length on the wire, `kept` what
 * is here).
 */
#ifndef MESSAGE_COPY
#define MESSAGE_COPY 1
#endif
#include "message.h"

#include <string.h>

static unsigned long big_endian(const unsigned char *at, unsigned bytes) {
    unsigned long value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

size_t message_parse(const unsigned char *buffer, size_t size, struct message *messages,
                     size_t limit, size_t *consumed) {
    size_t count = 0;
    const unsigned char *at = buffer;
    for (size_t left = size; count < limit && left >= MESSAGE_HEADER_SIZE;) {
        size_t length = big_endian(at + 2, 2);
        if (length > left - MESSAGE_HEADER_SIZE)
            break;
        struct message *message = &messages[count++];
        message->type = (uint16_t)big_endian(at, 2);
        message->length = (uint16_t)length;
        message->sequence = (uint32_t)big_endian(at + 4, 4);
        message->kept = length < MESSAGE_COPY_LIMIT ? length : MESSAGE_COPY_LIMIT;
        memcpy(message->copy, at + MESSAGE_HEADER_SIZE, message->kept);
        message->payload = message->copy;
        at += MESSAGE_HEADER_SIZE + length;
        left -= MESSAGE_HEADER_SIZE + length;
    }
    *consumed = (size_t)(at - buffer);
    return count;
}
