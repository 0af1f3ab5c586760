/* SPDX-License-Identifier: MIT */
/*
 * stress.h: the native runner as its callers see it, and the memory that it shares with them.
 *
 * Why       Subjects crash, hang and scribble. So they run in a process of their own, and all
 *           that must outlive it (what was about to run, what was seen so far, where it
 *           died) is written to a shared file mapping before it matters.
 * Layout    offset 0                       struct stress_recorder
 *           STRESS_REQUEST_OFFSET          struct stress_request, then its tables
 *           STRESS_OUTCOMES_OFFSET .. end  outcome entries, appended, never moved
 * Entry     uint64_t hash, uint64_t count, int64_t slots[slot_count]; slots[0] is 1 if the
 *           invariant held, then the scenario's results, then, for histories, two epochs
 *           per call of each thread: call a came before call b exactly where
 *           return_epoch(a) < call_epoch(b).
 * Mirror    heald/native/shared.py reads this file; `sizes` catches a host of another version.
 * Locals    local 0 serves the calls before and after the threads, local t those of thread
 *           t, 1..threads. All are made before the first call and ended after the last.
 */
#ifndef HEALD_STRESS_H
#define HEALD_STRESS_H

#include <heald/subject.h>

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define STRESS_MAGIC 0x68656c64u
#define STRESS_ABI 1u
#define STRESS_THREADS 16u     /* most threads of a scenario */
#define STRESS_OPERATIONS 128u /* most operations of a subject */
#define STRESS_FRAMES 40u
#define STRESS_MODULES 48u
#define STRESS_REQUEST_OFFSET (128u << 10)
#define STRESS_OUTCOMES_OFFSET (384u << 10)

/* How the states of a stride lie in memory. */
enum stress_layout { STRESS_PACKED = 0, STRESS_LINE = 1, STRESS_TWO_LINES = 2 };

/* Which processor runs which thread. */
enum stress_placement {
    STRESS_SPREAD = 0, /* pinned, one processor after the other */
    STRESS_FREE = 1,   /* wherever the kernel likes */
    STRESS_ONE = 2,    /* all pinned to one processor */
    STRESS_SERIAL = 3  /* spread, but one after the other: proves that the alarm rings */
};

struct stress_settings {
    uint32_t stride;   /* states between two barriers, 1 or more */
    uint32_t layout;   /* enum stress_layout */
    uint32_t shuffled; /* 1: states are visited in a random order, the same for all */
    uint32_t
        skew; /* longest delay of a thread at the start of a stride, in clock ticks */
    uint32_t jitter;    /* longest delay between two calls, in pauses; 0: none */
    uint32_t placement; /* enum stress_placement */
    uint32_t load;      /* threads that disturb caches and scheduler meanwhile */
    uint32_t blocks;    /* 1: a thread prepares a block of states; 0: every n-th one */
};

enum stress_state {
    STRESS_STARTING = 0,
    STRESS_READY = 1, /* the subject is loaded */
    STRESS_POWER = 2,
    STRESS_RUNNING = 3,
    STRESS_DONE = 4,
    STRESS_REFUSED = 5 /* see `error` */
};

enum stress_phase {
    STRESS_IDLE = 0,
    STRESS_INIT = 1,
    STRESS_BEFORE = 2,
    STRESS_RACE = 3,
    STRESS_WAITING = 4, /* at a barrier: never the one that is stuck */
    STRESS_AFTER = 5,
    STRESS_VALID = 6,
    STRESS_FINI = 7,
    STRESS_SETTLE = 8,
    STRESS_LOADING = 9 /* the library's constructors run */
};

/* Position of a thread: phase << 56 | call << 40 | sample. Written before the call is made. */
#define STRESS_POSITION(phase, call, sample)                                             \
    (((uint64_t)(phase) << 56) | (((uint64_t)(call) & 0xffffu) << 40) |                  \
     ((uint64_t)(sample) & 0xffffffffffu))

struct stress_frames {
    _Atomic uint32_t count; /* published last */
    uint32_t unused;
    uint64_t address[STRESS_FRAMES];
};

/* Begins at a multiple of 128 bytes, so that no two threads share a cache line. */
struct stress_thread_record {
    _Atomic uint64_t position;
    char apart[120];
    int32_t tid;
    uint32_t unused;
    struct stress_frames dump; /* written on request */
    char tail[48];
};

enum stress_death {
    STRESS_ALIVE = 0,
    STRESS_BY_SIGNAL = 1,
    STRESS_BY_EXIT = 2,
    STRESS_OUT_OF_BOUNDS = 3 /* a write beside a state; `number`: bytes past its end */
};

/* Who is at the bottom of a signal. */
enum stress_origin {
    STRESS_BY_FAULT = 0,   /* the processor, or the kernel for a call it refuses */
    STRESS_BY_ITSELF = 1,  /* raise, kill, pthread_kill, abort: its own process */
    STRESS_BY_TIMER = 2,   /* a timer, an alarm or a limit of its own */
    STRESS_BY_ANOTHER = 3, /* another process: not the subject's doing */
};

struct stress_crash {
    _Atomic uint32_t death; /* enum stress_death; claimed by the first thread that dies */
    int32_t number;         /* signal, or exit status */
    int32_t code;           /* si_code */
    int32_t system_call;    /* for SIGSYS */
    uint32_t thread;        /* 1..threads; 0: none of the scenario's */
    uint32_t origin;        /* enum stress_origin */
    uint64_t address;       /* for SIGSYS the architecture that the call was made for */
    uint64_t data_bytes;    /* writable memory of the process at that moment */
    struct stress_frames frames;
};

/* The first sample whose invariant did not hold, kept even if the process dies of it. */
#define STRESS_BROKEN_SLOTS 120u
struct stress_broken {
    _Atomic uint64_t count;
    _Atomic uint32_t complete; /* 1: slots are written */
    uint32_t unused;
    int64_t slots[STRESS_BROKEN_SLOTS]; /* as in an outcome entry */
};

struct stress_module {
    uint64_t base, end;
    char path[240];
};

struct stress_operation_record {
    char name[56];
    uint32_t arguments, results;
};

struct stress_recorder {
    uint32_t magic, abi;
    uint32_t sizes[4]; /* recorder, request, offset of threads, thread record */
    _Atomic uint32_t state;
    _Atomic uint32_t stop; /* set by the parent: end at the next stride */
    _Atomic int32_t pid;   /* of the process that runs the subject */
    uint32_t processors;
    uint32_t operation_count, module_count;

    uint64_t seed;
    uint32_t round;
    uint32_t power_threads;           /* threads of the power check, 0: none was made */
    struct stress_settings settings;  /* of the current round */
    struct stress_settings best;      /* most interleaving seen */
    _Atomic uint64_t samples;         /* finished ones, without the power check's */
    _Atomic uint64_t race_ns, run_ns; /* between the barriers; altogether */
    uint64_t power_ns, power_samples, power_lost;
    uint64_t probes, overlapped; /* samples looked at; those whose threads overlapped */
    uint64_t uncounted;          /* samples whose outcome found no room */
    uint32_t slot_count;         /* of an outcome entry */
    _Atomic uint32_t entry_count;
    uint32_t clock; /* 1: time stamp counter, 2: CLOCK_MONOTONIC */
    uint32_t arms;  /* settings tried */

    struct stress_broken broken;
    struct stress_crash crash;
    char apart[104];
    struct stress_thread_record threads[STRESS_THREADS];
    struct stress_operation_record operations[STRESS_OPERATIONS];
    struct stress_module modules[STRESS_MODULES];
    char error[512];
};

/* What the host says when a run's process has ended. */
struct stress_reply {
    int32_t pid, status; /* status as of waitpid */
};

#define STRESS_TUNE                                                                      \
    1u /* try settings and prefer what interleaves; else `settings` only */
#define STRESS_HISTORY 2u /* stamp every call */
#define STRESS_CHECK_POWER 4u

struct stress_request {
    uint32_t flags;
    uint32_t threads;
    uint32_t result_count;
    uint32_t call_count, argument_count;
    uint32_t unused;
    uint64_t seed;
    uint64_t budget_ns;
    uint64_t power_ns;   /* longest power check */
    uint64_t sample_max; /* end after so many samples; 0: no limit */
    struct stress_settings settings;
    /* then uint32_t length[threads + 2], padded to 8; struct heald_call calls[call_count],
     * padded to 8; int64_t arguments[argument_count] */
};

/*
 * Run the request in the calling process until its budget ends. Outcomes and progress are in
 * the shared memory of `bytes` bytes, all of it valid before the call except the outcomes.
 * Returns 0, or -1 with `error` set where the request makes no sense or memory is short.
 */
int stress_run(const struct heald_subject *subject, struct stress_recorder *recorder,
               size_t bytes);

#endif
