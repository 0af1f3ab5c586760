/* A record is a kind, a length and that many bytes; the length is believed. */
#include <stddef.h>

struct record {
    unsigned kind;
    const unsigned char *body;
    size_t body_size;
};

long parse(const unsigned char *data, size_t size, struct record *out) {
    if (size < 2)
        return 0;
    out->kind = data[0];
    out->body = data + 2;
    out->body_size = data[1];
    unsigned sum = 0;
    for (size_t i = 0; i < out->body_size; i++)
        sum += out->body[i];
    out->kind |= (sum & 0xff) << 8;
    return (long)(2 + out->body_size);
}
