/* SPDX-License-Identifier: MIT */
/* script: a scripted program as script_text.c reads it and scripted.c runs it. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "scripted.h"

struct term {
    int reg; /* -1: none */
    int64_t number;
};

struct statement {
    char op;
    int reg;
    int variable;
    struct term a, b;
    uint8_t order, order_fail, rmw, compare;
    int jump;
    int weak;    /* the compare-exchange may fail for no reason */
    int pointer; /* 1 + the register that holds the address; 0: a variable */
};

struct state {
    uint64_t reg[8];
    int pc;
    int heap_used;  /* words of the thread's arena */
    uint64_t freed; /* the block it freed last: handed out again next */
    int effects;    /* so far */
    int effects_at[SCRIPT_STATEMENTS]; /* when the statement was last reached */
    int finished_steps;                /* thread 0: spawns and joins done */
    uint32_t ids[SCRIPT_THREADS];
};

struct script {
    struct statement statements[SCRIPT_THREADS + 1][SCRIPT_STATEMENTS];
    int length[SCRIPT_THREADS + 1]; /* the last one runs after the joins */
    int threads;
    int32_t role[256]; /* of a thread id: which thread's statements */
    struct state state[256];
    uint64_t memory[SCRIPT_VARIABLES];
    uint64_t initial[SCRIPT_VARIABLES];
    uint64_t heap[256][64];
    uint64_t plain_value; /* of a plain write that is on its way */
};

#endif
