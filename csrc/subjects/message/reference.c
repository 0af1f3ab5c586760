/* SPDX-License-Identifier: MIT */
/*
 * reference: the format said once more, as slowly and plainly as possible.
 *
 * Why       Bulk runs need an oracle in C. It shares no line with the parsers, and
 * properties hold it against the one written with Python's struct module.
 */
#include "message.h"

size_t message_reference(const unsigned char *buffer, size_t size,
                         struct message *messages, size_t limit, size_t *consumed);

size_t message_reference(const unsigned char *buffer, size_t size,
                         struct message *messages, size_t limit, size_t *consumed) {
    size_t start = 0, count = 0;
    for (; count < limit; count++) {
        if (start + 8 > size)
            break;
        size_t length = buffer[start + 2] * 256u + buffer[start + 3];
        size_t end = start + 8 + length;
        if (end > size)
            break;
        messages[count].type = (uint16_t)(buffer[start] * 256u + buffer[start + 1]);
        messages[count].length = (uint16_t)length;
        messages[count].sequence = 0;
        for (size_t i = 4; i < 8; i++)
            messages[count].sequence =
                messages[count].sequence * 256u + buffer[start + i];
#ifdef MESSAGE_COPY /* what copy_out promises: the beginning of a long payload */
        messages[count].kept = length < MESSAGE_COPY_LIMIT ? length : MESSAGE_COPY_LIMIT;
#else
        messages[count].kept = length;
#endif
        messages[count].payload = buffer + start + 8;
        start = end;
    }
    *consumed = start;
    return count;
}
