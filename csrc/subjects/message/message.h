/* SPDX-License-Identifier: MIT */
/*
 * message: a stream of length-prefixed messages, big-endian on the wire.
 *
 *   offset  0      2        4           8
 *           type   length   sequence    payload[length]
 *           u16    u16      u32
 *
 * Why       The smallest parser in which each classic mistake of zero-copy parsing can be
 * made: trusting a length, reading before checking, casting, forgetting the byte order.
 * Contract  message_parse reads `size` bytes at `buffer`, at any alignment, and not one
 * more. It stores up to `limit` complete messages, in order, and returns how many;
 * *consumed is the number of bytes they take up. A cut-off message at the end is left for
 * the next call: that is not an error. The buffer is never written. In place  `payload`
 * points into `buffer` (in_place.c, cast.c) and lives as long as it does, or to a copy
 * inside the message itself (copy_out.c).
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_HEADER_SIZE 8u

/* The largest payload that copy_out keeps; longer ones are cut there, `length` tells the
 * truth. */
#ifndef MESSAGE_COPY_LIMIT
#define MESSAGE_COPY_LIMIT 256u
#endif

struct message {
    uint16_t type;
    uint16_t length;
    uint32_t sequence;
    size_t kept; /* bytes readable at payload: length, or less where a copy was cut */
    const unsigned char *payload;
#ifdef MESSAGE_COPY
    unsigned char copy[MESSAGE_COPY_LIMIT];
#endif
};

size_t message_parse(const unsigned char *buffer, size_t size, struct message *messages,
                     size_t limit, size_t *consumed);

#endif
