/* SPDX-License-Identifier: MIT */
/*
 * process_calls: what a program asks the system about itself, and random numbers.
 *
 * Constant  Identity and environment are the same in every run: no environment, one process.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

SERVE(char *, getenv, (const char *name)) {
    access_ask_block(ACTION_READ, name, strlen(name) + 1, SITE);
    the_runtime->asked |= ASKED_ENVIRONMENT;
    return NULL;
}

SERVE(int, getpid, (void)) { return 1; }
SERVE(int, gettid, (void)) { return (int)runtime_thread()->id + 1; }
SERVE(int, sched_getcpu, (void)) { return 0; }
SERVE(int, get_nprocs, (void)) { return 2; }

enum {
    SYSCONF_PAGESIZE = 30,
    SYSCONF_PROCESSORS_CONFIGURED = 83,
    SYSCONF_PROCESSORS = 84
};

SERVE(long, sysconf, (int name)) {
    switch (name) {
    case SYSCONF_PAGESIZE:
        return 4096;
    case SYSCONF_PROCESSORS_CONFIGURED:
    case SYSCONF_PROCESSORS:
        return 2;
    default:
        runtime_fail(FAILURE_UNSUPPORTED, SITE, "sysconf(%d) is not modelled", name);
    }
}

SERVE(int *, __errno_location, (void)) { return &runtime_thread()->error_number; }

/* --- random numbers: each thread's own sequence -------------------------------------------- */

static uint64_t next_random(struct fiber_thread *thread) {
    the_runtime->asked |= ASKED_RANDOM;
    uint64_t z = thread->random_state += 0x9E3779B97F4A7C15u; /* SplitMix64 */
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

SERVE(int, rand, (void)) { return (int)(next_random(runtime_thread()) >> 33); }
SERVE(long, random, (void)) { return (long)(next_random(runtime_thread()) >> 33); }
SERVE(void, srand, (unsigned seed)) { runtime_thread()->random_state = seed; }
SERVE(uint32_t, arc4random, (void)) { return (uint32_t)next_random(runtime_thread()); }

SERVE(int, rand_r, (unsigned *seed)) {
    uint32_t site = SITE;
    access_ask(ACTION_READ, seed, sizeof *seed, site);
    access_ask(ACTION_WRITE, seed, sizeof *seed, site);
    *seed = *seed * 1103515245u + 12345u;
    return (int)(*seed >> 1);
}

const struct service process_services[] = {
    SERVICE(getenv),
    SERVICE_AS("secure_getenv", getenv),
    SERVICE(getpid),
    SERVICE(gettid),
    SERVICE(sched_getcpu),
    SERVICE(get_nprocs),
    SERVICE(sysconf),
    SERVICE(__errno_location),
    SERVICE(rand),
    SERVICE(random),
    SERVICE(srand),
    SERVICE_AS("srandom", srand),
    SERVICE(rand_r),
    SERVICE(arc4random),
    {0},
};
