/* SPDX-License-Identifier: MIT */
/*
 * parse.h: a parser under test, and what one run of it over one input shows.
 *
 * Why       A sanitizer sees a read outside of an allocation; it is silent when the byte
 * read too much lies in the same receive buffer. So each input is parsed in several
 * places, and what differs between them is a read outside. Who       The generated glue
 * defines `heald_parser`; parse_case and parse_bulk drive it. Threads   One process, one
 * thread: faults are caught with signal handlers and siglongjmp.
 */
#ifndef HEALD_PARSE_H
#define HEALD_PARSE_H

#include <stddef.h>
#include <stdint.h>

#define HEALD_PARSE_ABI 3u
#define PARSE_SIZE_LIMIT ((size_t)1 << 20) /* bytes of one input, at most */

struct parse_span {
    const unsigned char *at;
    size_t length;
};

typedef size_t parse_function(const unsigned char *data, size_t size, void *records,
                              size_t limit, size_t *consumed, int64_t *result);

enum parse_terminated {
    PARSE_NO_TERMINATOR,
    PARSE_TERMINATED, /* a NUL follows the input and may be read */
    PARSE_TEXT        /* the input ends at its first NUL, and the parser knows no size */
};

struct heald_parser {
    uint32_t abi;
    uint32_t fields; /* int64_t values of one record */
    uint32_t spans;  /* byte ranges of one record */
    uint32_t
        in_place; /* nonzero: spans lie in the input; nothing is allocated or copied */
    uint32_t terminated; /* enum parse_terminated */
    uint32_t streams;    /* nonzero: fed in pieces; the record is its state */
    size_t record_size;
    size_t least_record; /* bytes of input that one record takes at least, 1 or more */
    parse_function *parse;
    parse_function *reference; /* NULL: none */
    size_t (*generate)(uint64_t seed, unsigned char *out,
                       size_t capacity); /* NULL: none */
    void (*show)(const void *record, const unsigned char *data, int64_t *fields,
                 struct parse_span *spans);
};

extern const struct heald_parser heald_parser;

enum parse_status {
    PARSE_OK,
    PARSE_READ_OUTSIDE,     /* a fault on a guard page; offset says where */
    PARSE_WILD_ACCESS,      /* a fault far from the input */
    PARSE_DEPENDS_OUTSIDE,  /* the result changes with the bytes around the input */
    PARSE_POINTER_OUTSIDE,  /* a span does not lie in the input */
    PARSE_CONSUMED_OUTSIDE, /* more bytes consumed than there are */
    PARSE_TOO_MANY,         /* more records than the input has room for */
    PARSE_NO_END,           /* still running after the time limit */
    PARSE_INPUT_CHANGED,    /* the parser wrote to the input or beside it */
    PARSE_CRASHED,          /* another signal: `signal` */
    PARSE_NOT_IN_PLACE,     /* allocated or copied: offset holds the bytes */
    PARSE_WRONG,            /* differs from the reference */
    PARSE_UNSET, /* what was in the record before the call shows in the result */
    PARSE_DEPENDS_ON_PIECES,   /* the result changes with where the input is cut */
    PARSE_STACK,               /* recursion without a bound: the stack ran out */
    PARSE_BESIDE_RECORDS = 16, /* wrote before the records or behind the last one */
    PARSE_FORBIDDEN =
        15, /* starts a process or signals another one: offset has its number */
};

enum parse_place {
    PLACE_BEFORE_GUARD,  /* the input ends where an unreadable page begins */
    PLACE_AFTER_GUARD,   /* the input begins where an unreadable page ends */
    PLACE_REUSED_BUFFER, /* in the middle of a larger buffer full of old bytes */
    PLACE_HEAP_BLOCK,    /* a block of its own: what a sanitizer watches (checked builds
                            only) */
    PLACE_PIECES, /* in pieces, each before an unreadable page or in its own block */
};

struct parse_report {
    uint32_t status;   /* enum parse_status */
    uint32_t place;    /* enum parse_place */
    int32_t alignment; /* 0..7: address of the input modulo 8 */
    int32_t signal;
    int64_t offset; /* of the fault or pointer, from the start of the input, bytes */
    uint64_t size;  /* of the input, bytes */
    uint64_t transcript_size;
    uint64_t
        at; /* of a fault: behind its instruction, from where the library lies; or 0 */
};

/*
 * What the parser said, as bytes: a struct parse_transcript, then for each record its
 * fields (8 bytes each, host order) and its spans (8 bytes of length, then the bytes), then
 * how many things its callbacks said, and those as in csrc/parse/emitted.h.
 */
struct parse_transcript {
    int64_t result;
    uint64_t count; /* of records */
    uint64_t consumed;
};

int parse_open(unsigned time_limit_ms); /* 0, or an errno */
void parse_confine(void);               /* for good; see heald/filter.h */
void parse_close(void);
/* Bit k of `alignments`: the input is also tried at an address that is k modulo 8. */
void parse_case(const unsigned char *data, size_t size, uint64_t alignments,
                struct parse_report *report, unsigned char *transcript,
                size_t transcript_capacity);

/*
 * Inputs first..first + count - 1 of the generator; stops at the first failure. Returns
 * how many passed; the report is that of the failing input, which `input` receives.
 */
uint64_t parse_bulk(uint64_t seed, uint64_t first, uint64_t count,
                    struct parse_report *report, unsigned char *input,
                    size_t input_capacity);

#endif
