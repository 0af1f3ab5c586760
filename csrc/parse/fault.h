/* SPDX-License-Identifier: MIT */
/*
 * fault: calls a parser so that a crash or an endless loop comes back as a value.
 *
 * Why       A process a case costs half a millisecond; catching the signal costs nothing
 * while all is well and a microsecond or two where it is not. Limits    The alternate
 * stack makes overflow of the stack a crash like any other. A parser that blocks signals
 * or overwrites this library is for the watchdog of the parent process.
 */
#ifndef PARSE_FAULT_H
#define PARSE_FAULT_H

#include "heald/parse.h"

struct fault {
    int signal;                   /* 0: returned; SIGPROF: ran out of time */
    const unsigned char *address; /* of SIGSEGV and SIGBUS */
    int system_call;              /* of SIGSYS: one that a parser may not make */
    int is_stack;                 /* the address is where the stack would have grown to */
    uint64_t at; /* behind its instruction, from where the parser lies; 0: not there */
};

struct parse_call {
    parse_function *function;
    const unsigned char *data;
    size_t size;
    void *records;
    size_t limit;
    size_t count;
    size_t consumed;
    int64_t result;
};

int fault_open(unsigned time_limit_ms);
void fault_close(void);

/* Runs the call. Time is checked twice a limit, so a loop ends after one to two limits.
 */
struct fault fault_call(struct parse_call *call);

#endif
