/* SPDX-License-Identifier: MIT */
/*
 * cast: the buffer seen through a structure, as textbooks show it.
 *
 * Flawed    By default it checks nothing: it reads a header that may not be there and
 * believes the length in it. -DMESSAGE_CAST_CHECKED=1  every check is made, and the cast
 * is still undefined behaviour where the message is not aligned to four bytes
 * (C11 6.3.2.3 p7): harmless on x86 until the compiler vectorises, a trap elsewhere.
 */
#include "message.h"

#include <arpa/inet.h>

#ifndef MESSAGE_CAST_CHECKED
#define MESSAGE_CAST_CHECKED 0
#endif

struct wire {
    uint16_t type;
    uint16_t length;
    uint32_t sequence;
    unsigned char payload[];
};

size_t message_parse(const unsigned char *buffer, size_t size, struct message *messages,
                     size_t limit, size_t *consumed) {
    size_t at = 0, count = 0;
    while (count < limit && at < size) {
        if (MESSAGE_CAST_CHECKED && size - at < sizeof(struct wire))
            break;
        const struct wire *wire = (const void *)(buffer + at);
        uint16_t length = ntohs(wire->length);
        if (MESSAGE_CAST_CHECKED && size - at - sizeof *wire < length)
            break;
        messages[count++] = (struct message){.type = ntohs(wire->type),
                                             .length = length,
                                             .sequence = ntohl(wire->sequence),
                                             .kept = length,
                                             .payload = wire->payload};
        at += sizeof *wire + length;
    }
    *consumed = at;
    return count;
}
