/* Parse in place: a header is cast onto the buffer, the rest is the payload. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

struct header {
    uint16_t type;
    uint16_t length;
    uint32_t sequence;
};

struct message {
    uint32_t type, sequence;
    const unsigned char *payload;
    size_t payload_size;
};

long parse(const unsigned char *data, size_t size, struct message *out) {
    (void)size;
    const struct header *header = (const struct header *)data;
    out->type = ntohs(header->type);
    out->sequence = ntohl(header->sequence);
    out->payload = data + sizeof *header;
    out->payload_size = ntohs(header->length);
    return (long)(sizeof *header + out->payload_size);
}
