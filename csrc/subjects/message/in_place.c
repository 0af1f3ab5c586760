/* SPDX-License-Identifier: MIT */
/*
 * in_place: messages parsed where they lie, nothing copied, nothing allocated.
 *
 * Why       What a server does with its receive buffer.
 * Source    RFC 1014-style big-endian integers, assembled byte by byte: right on every host, at
 *           every alignment; compilers turn it into one load and one swap.
 * Knobs     Each check is a macro, so that leaving it out is one -D:
 *           MESSAGE_CHECK_HEADER  room for a header is checked before it is read
 *           MESSAGE_CHECK_LENGTH  the length field is held against what is left
 *           MESSAGE_SLACK         bytes by which that check is too generous
 *           MESSAGE_STEP          type in which header + length is added: uint16_t wraps
 *           MESSAGE_LENGTH        type in which the length is kept: int16_t goes backwards
 *           MESSAGE_BIG_ENDIAN    0: the host's byte order
 *           MESSAGE_ASKS_WORD     1: the rest of the last word tells whether more is to come
 */
#include "message.h"

#include <string.h>

#ifndef MESSAGE_CHECK_HEADER
#define MESSAGE_CHECK_HEADER 1
#endif
#ifndef MESSAGE_CHECK_LENGTH
#define MESSAGE_CHECK_LENGTH 1
#endif
#ifndef MESSAGE_SLACK
#define MESSAGE_SLACK 0
#endif
#ifndef MESSAGE_STEP
#define MESSAGE_STEP size_t
#endif
#ifndef MESSAGE_LENGTH
#define MESSAGE_LENGTH uint16_t
#endif
#ifndef MESSAGE_BIG_ENDIAN
#define MESSAGE_BIG_ENDIAN 1
#endif
#ifndef MESSAGE_ASKS_WORD
#define MESSAGE_ASKS_WORD 0
#endif

static uint16_t load16(const unsigned char *at) {
#if MESSAGE_BIG_ENDIAN
    return (uint16_t)(((unsigned)at[0] << 8) | at[1]);
#else
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
#endif
}

static uint32_t load32(const unsigned char *at) {
#if MESSAGE_BIG_ENDIAN
    return ((uint32_t)at[0] << 24) | ((uint32_t)at[1] << 16) | ((uint32_t)at[2] << 8) |
           at[3];
#else
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
#endif
}

/* Words never cross a page, so reading on to the end of one is said to be safe. It is not: what
 * stands there is what an earlier connection left in the buffer. */
static int word_says_more(const unsigned char *end) {
    return MESSAGE_ASKS_WORD && (uintptr_t)end % 8 != 0 && (*end & 0x80) != 0;
}

size_t message_parse(const unsigned char *buffer, size_t size, struct message *messages,
                     size_t limit, size_t *consumed) {
    size_t at = 0, count = 0;
    while (count < limit && at < size) {
        const unsigned char *header = buffer + at;
        size_t left = size - at;
        if (MESSAGE_CHECK_HEADER && left < MESSAGE_HEADER_SIZE)
            break;
        MESSAGE_LENGTH length = (MESSAGE_LENGTH)load16(header + 2);
        /* The sum is taken in a type that holds it: 8 + 65535 does not fit in 16 bits. */
        MESSAGE_STEP step = (MESSAGE_STEP)(MESSAGE_HEADER_SIZE + (size_t)length);
        if (MESSAGE_CHECK_LENGTH && left + MESSAGE_SLACK < (size_t)step)
            break;
        if ((size_t)step == left && word_says_more(header + left))
            break;
        messages[count++] = (struct message){.type = load16(header),
                                             .length = (uint16_t)length,
                                             .sequence = load32(header + 4),
                                             .kept = (uint16_t)length,
                                             .payload = header + MESSAGE_HEADER_SIZE};
        at += (size_t)step;
    }
    *consumed = at;
    return count;
}
