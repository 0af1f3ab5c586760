/* SPDX-License-Identifier: MIT */
/*
 * frame_code: what the instructions of one function do to its own frame.
 *
 * Why       Compilers that do not optimise keep every value in the frame and leave it there: what
 *           dead_slots.h says of a slot follows from where the function looks at it and where it
 *           overwrites it.
 * Read      All of the function, in one sweep: addresses of slots are followed from the instruction that makes
 *           them to the hook that gets them. A function is read to its end or not at all: where a slot's
 *           address goes anywhere else, or an instruction is not known, nothing is said of it.
 * Frame     rbp, set in the first two instructions and used for nothing else. What is pushed lies
 *           below and is followed, too: it is how the assembly's own hooks get what they announce.
 */
#ifndef EXPLORE_FRAME_CODE_H
#define EXPLORE_FRAME_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_way {
    FRAME_GOES_ON,
    FRAME_BRANCHES, /* to the target or on */
    FRAME_JUMPS,
    FRAME_RETURNS, /* or ends: nobody looks at the frame any more */
    FRAME_CALLS, /* what is no hook: goes on behind it, or where an exception or a longjmp leads */
    FRAME_UNKNOWN, /* whoever goes on from here may look at all of it */
};

struct frame_step {
    const uint8_t *at;
    const uint8_t *target;
    enum frame_way way;
    int32_t read_at, written_at;        /* relative to rbp */
    uint32_t read_bytes, written_bytes; /* written: whatever was there is gone */
    bool is_call;                       /* of a hook, with nothing pushed */
    bool is_twice;                      /* a call that returns more than once */
};

/* What a hook does with addresses of slots. */
enum frame_hook {
    FRAME_NO_HOOK,
    FRAME_TWICE, /* setjmp, or what follows where an exception lands: calls may go on here */
    FRAME_ANNOUNCES, /* looks at none of it: the instruction that does follows */
    FRAME_QUIET,     /* has none in its arguments */
    FRAME_COMPARES,  /* reads what the second argument points to */
    FRAME_ASSEMBLY,  /* has it on the stack, with what it means */
};

/* Of the function at `called`; `bytes`: how many a comparison reads. */
typedef enum frame_hook frame_hooks(uintptr_t called, uint32_t *bytes);

/* The steps of the function that lies in [start, end); 0: it cannot be told, or has more than `most`. */
size_t frame_code_read(const uint8_t *start, const uint8_t *end, frame_hooks *hooks,
                       struct frame_step *steps, size_t most);

#endif
