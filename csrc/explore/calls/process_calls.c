/* SPDX-License-Identifier: MIT */
/*
 * process_calls: what a program asks the system about itself, and random numbers.
 *
 * Constant  Identity and environment are the same in every run: no environment, one process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <heald/random.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "calls/process_calls.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/accesses.h"
#include "program/entry.h"
#include "program/runtime.h"

SERVE(char *, getenv, (const char *name)) {
    access_ask_text(name, strlen(name) + 1, SITE);
    the_runtime->asked |= ASKED_ENVIRONMENT;
    return NULL;
}

SERVE(int, getpid, (void)) { return 1; }
SERVE(int, gettid, (void)) { return (int)runtime_thread()->id + 1; }
SERVE(int, sched_getcpu, (void)) { return 0; }
SERVE(int, get_nprocs, (void)) { return 2; }
SERVE(int, getppid, (void)) { return 0; }
SERVE(unsigned, getuid, (void)) { return 1000; }

static const struct utsname machine = {.sysname = "Linux",
                                       .nodename = "host",
                                       .release = "6.0",
                                       .version = "1",
                                       .machine = "unknown"};

SERVE(int, uname, (struct utsname * to)) {
    access_ask_block(ACTION_WRITE, to, sizeof *to, SITE);
    *to = machine;
    return 0;
}

SERVE(int, gethostname, (char *to, size_t room)) {
    size_t bytes = strlen(machine.nodename) + 1;

    if (room < bytes) {
        runtime_thread()->error_number = ENAMETOOLONG;
        return -1;
    }
    access_ask_block(ACTION_WRITE, to, bytes, SITE);
    memcpy(to, machine.nodename, bytes);
    return 0;
}

/* Nothing was used so far. */
SERVE(int, getrusage, (int whose, struct rusage *to)) {
    (void)whose;
    access_ask_block(ACTION_WRITE, to, sizeof *to, SITE);
    memset(to, 0, sizeof *to);
    return 0;
}

SERVE(int, getpagesize, (void)) { return 4096; }

SERVE(long, sysconf, (int name)) {
    switch (name) {
    case _SC_PAGESIZE:
        return 4096;
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN:
        return 2;
    case _SC_PHYS_PAGES:
    case _SC_AVPHYS_PAGES:
        return 1 << 18;
    case _SC_CLK_TCK:
        return 100;
    case _SC_OPEN_MAX:
        return 1024;
    case _SC_THREAD_STACK_MIN:
        return 16384;
    case _SC_LEVEL1_DCACHE_LINESIZE:
    case _SC_LEVEL2_CACHE_LINESIZE:
        return 64;
    case _SC_THREADS:
    case _SC_MONOTONIC_CLOCK:
        return 200809;
    default:
        runtime_fail(FAILURE_UNSUPPORTED, SITE, "sysconf(%d) is not modelled", name);
    }
}

/* A small machine that has just started and does nothing. */
SERVE(int, sysinfo, (struct sysinfo * info)) {
    access_ask_block(ACTION_WRITE, info, sizeof *info, SITE);
    *info = (struct sysinfo){.uptime = 1,
                             .totalram = (unsigned long)1 << 30,
                             .freeram = (unsigned long)1 << 30,
                             .procs = 1,
                             .mem_unit = 1};
    return 0;
}

/* Every thread runs a fence somewhere between its accesses. Under sc there is nothing that it orders; elsewhere
 * a program that leaves out the others' fences is refused. */
long process_barrier(int command, uint32_t site) {
    if (command == MEMBARRIER_CMD_QUERY)
        return 0; /* none: programs fall back to fences of their own */
    if (!the_runtime->is_sc)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "membarrier makes other threads run a fence: modelled under sc only "
                     "(--model sc)");
    return 0;
}

SERVE(int *, __errno_location, (void)) { return &runtime_thread()->error_number; }

/* --- random numbers: each thread's own sequence -------------------------------------------- */

static uint64_t next_random(struct fiber_thread *thread) {
    the_runtime->asked |= ASKED_RANDOM;
    return random_mix(thread->random_state += RANDOM_STEP);
}

SERVE(int, rand, (void)) { return (int)(next_random(runtime_thread()) >> 33); }
SERVE(long, random, (void)) { return (long)(next_random(runtime_thread()) >> 33); }
SERVE(void, srand, (unsigned seed)) { runtime_thread()->random_state = seed; }
SERVE(uint32_t, arc4random, (void)) { return (uint32_t)next_random(runtime_thread()); }

long process_random(void *to, size_t bytes, uint32_t site) {
    char *at = to;

    access_ask_block(ACTION_WRITE, to, bytes, site);
    for (size_t done = 0; done < bytes; done += 8) {
        uint64_t drawn = next_random(runtime_thread());
        memcpy(at + done, &drawn, bytes - done < 8 ? bytes - done : 8);
    }
    return (long)bytes;
}

SERVE(long, getrandom, (void *to, size_t bytes, unsigned flags)) {
    (void)flags;
    return process_random(to, bytes, SITE);
}

SERVE(int, getentropy, (void *to, size_t bytes)) {
    if (bytes > 256) {
        runtime_thread()->error_number = EIO;
        return -1;
    }
    process_random(to, bytes, SITE);
    return 0;
}

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
    SERVICE_AS("__sysconf", sysconf),
    SERVICE(getppid),
    SERVICE(getuid),
    SERVICE_AS("geteuid", getuid),
    SERVICE_AS("getgid", getuid),
    SERVICE_AS("getegid", getuid),
    SERVICE(uname),
    SERVICE(gethostname),
    SERVICE(getrusage),
    SERVICE(getpagesize),
    SERVICE(sysinfo),
    SERVICE(getrandom),
    SERVICE(getentropy),
    SERVICE_AS("get_nprocs_conf", get_nprocs),
    SERVICE(__errno_location),
    SERVICE(rand),
    SERVICE(random),
    SERVICE(srand),
    SERVICE_AS("srandom", srand),
    SERVICE(rand_r),
    SERVICE(arc4random),
    {0},
};
