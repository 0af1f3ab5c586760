/* SPDX-License-Identifier: MIT */
/*
 * harness_calls: what drivers written for verification ask: assumptions, choices, atomic sections, and
 * the place that must not be reached.
 *
 * Assume    A thread whose assumption fails stands still for good. What the others do is explored; an
 *           execution that it leaves unfinished is a blocked one and no failure.
 * Atomic    Sections take one lock that belongs to nobody. An access outside of every section that
 *           conflicts with one inside is a data race, as it is with any lock.
 * Names     heald/harness.h has its own; those that begin with __VERIFIER_ are of the competition on
 *           software verification. Functions of the program whose names begin with __VERIFIER_atomic_
 *           are sections; reach_error has failed where it is called; beside it abort() ends a path as
 *           a failed assumption does. The compiler tells when such functions are entered and left
 *           (-finstrument-functions, for programs whose text has one of these names).
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "calls/harness_calls.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/entry.h"
#include "program/runtime.h"

/* --- assumptions -------------------------------------------------------------------------- */

void harness_stand_still(uint32_t site) {
    runtime_action(ACTION_JOIN, site)->operand[0] = JOIN_NOBODY;
    runtime_ask();
    runtime_stop(); /* never comes here */
}

bool harness_is_one(void) {
    return image_symbol(&the_runtime->image, "reach_error") != 0;
}

SERVE(void, heald_assume, (int condition)) {
    uint32_t site = SITE;
    if (!condition)
        harness_stand_still(site);
}

/* --- choices ------------------------------------------------------------------------------ */

static uint64_t choose(uint64_t count, uint32_t site) {
    if (count < 2)
        return 0;
    runtime_action(ACTION_CHOOSE, site)->operand[0] = count;
    return runtime_ask()->value[0];
}

SERVE(unsigned, heald_choose, (unsigned count)) {
    uint32_t site = SITE;
    if (count == 0)
        runtime_fail(FAILURE_MISUSE, site, "heald_choose(0): there is no number below 0");
    return (unsigned)choose(count, site);
}

SERVE(bool, __VERIFIER_nondet_bool, (void)) { return choose(2, SITE) != 0; }
SERVE(unsigned char, __VERIFIER_nondet_uchar, (void)) {
    return (unsigned char)choose(256, SITE);
}
SERVE(signed char, __VERIFIER_nondet_char, (void)) {
    return (signed char)choose(256, SITE);
}

/* A number that what follows bounds, as the host was told; otherwise it is refused. */
static long any_within(const char *type, uint32_t site) {
    const struct runtime *runtime = the_runtime;
    for (uint32_t i = 0; i < runtime->range_count; i++)
        if (runtime->ranges[i].site == site) {
            const struct open_range *range = &runtime->ranges[i];
            uint64_t count = (uint64_t)(range->greatest - range->least) + 1;
            return range->least + (long)choose(count, site);
        }
    runtime_fail(FAILURE_UNSUPPORTED, site,
                 "__VERIFIER_nondet_%s may give any of too many values: use "
                 "heald_choose(n), which tries the n numbers below n, or assume constant "
                 "bounds where it is declared",
                 type);
}

#define ANY_NUMBER(type, name)                                                           \
    SERVE(type, __VERIFIER_nondet_##name, (void)) {                                      \
        return (type)any_within(#name, SITE);                                            \
    }

ANY_NUMBER(int, int)
ANY_NUMBER(unsigned, uint)
ANY_NUMBER(short, short)
ANY_NUMBER(unsigned short, ushort)
ANY_NUMBER(long, long)
ANY_NUMBER(unsigned long, ulong)
ANY_NUMBER(long long, longlong)
ANY_NUMBER(unsigned long long, ulonglong)
ANY_NUMBER(unsigned long, size_t)
ANY_NUMBER(void *, pointer)
ANY_NUMBER(float, float)
ANY_NUMBER(double, double)

/* --- atomic sections ---------------------------------------------------------------------- */

static void section_begin(uint32_t site) {
    uint64_t value = 0;

    if (the_runtime->races_allowed)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "an atomic section is a lock, which accesses outside of it pass by: "
                     "it is not modelled with races allowed");
    hidden_verb("atomic section");
    hidden_cas(runtime_hidden((const void *)LAYOUT_OF_SECTIONS), &value, 1,
               HIDDEN_WHEN(0), site);
}

static void section_end(uint32_t site) {
    hidden_verb("end of section");
    hidden_store(runtime_hidden((const void *)LAYOUT_OF_SECTIONS), 0, site);
}

SERVE(void, heald_atomic_begin, (void)) { section_begin(SITE); }
SERVE(void, heald_atomic_end, (void)) { section_end(SITE); }

static bool is_section(const char *name) {
    static const char prefix[] = "__VERIFIER_atomic_";
    return strncmp(name, prefix, sizeof prefix - 1) == 0;
}

/* The name of the function that begins there, if it is one that matters here. */
static const char *name_of(uintptr_t function) {
    uintptr_t offset;
    const char *name = image_name(&the_runtime->image, function, &offset);
    return name && offset == 0 && (is_section(name) || strcmp(name, "reach_error") == 0)
               ? name
               : NULL;
}

/* --- what must not be reached ------------------------------------------------------------- */

__attribute__((noreturn)) static void reached(const char *name, uint32_t site) {
    runtime_fail(FAILURE_ASSERT, site, "%s was reached", name);
}

SERVE(void, reach_error, (void)) { reached("reach_error", SITE); }
SERVE(void, __VERIFIER_error, (void)) { reached("__VERIFIER_error", SITE); }

SERVE(void, __VERIFIER_assert, (int condition)) {
    uint32_t site = SITE;
    if (!condition)
        runtime_fail(FAILURE_ASSERT, site, "__VERIFIER_assert failed");
}

/* --- entered and left --------------------------------------------------------------------- */

SERVE(void, __cyg_profile_func_enter, (uintptr_t function, uintptr_t caller)) {
    const char *name = name_of(function);
    if (!name)
        return;
    if (!is_section(name))
        reached(name, runtime_site((const void *)caller, false));
    section_begin(SITE);
}

SERVE(void, __cyg_profile_func_exit, (uintptr_t function, uintptr_t caller)) {
    const char *name = name_of(function);
    (void)caller;
    if (name && is_section(name))
        section_end(SITE);
}

const struct service harness_services[] = {
    SERVICE(heald_assume),
    SERVICE_AS("__VERIFIER_assume", heald_assume),
    SERVICE(heald_choose),
    SERVICE(heald_atomic_begin),
    SERVICE_AS("__VERIFIER_atomic_begin", heald_atomic_begin),
    SERVICE(heald_atomic_end),
    SERVICE_AS("__VERIFIER_atomic_end", heald_atomic_end),
    SERVICE(__VERIFIER_nondet_bool),
    SERVICE_AS("__VERIFIER_nondet__Bool", __VERIFIER_nondet_bool),
    SERVICE(__VERIFIER_nondet_uchar),
    SERVICE(__VERIFIER_nondet_char),
    SERVICE(__VERIFIER_nondet_int),
    SERVICE(__VERIFIER_nondet_uint),
    SERVICE_AS("__VERIFIER_nondet_unsigned", __VERIFIER_nondet_uint),
    SERVICE(__VERIFIER_nondet_short),
    SERVICE(__VERIFIER_nondet_ushort),
    SERVICE(__VERIFIER_nondet_long),
    SERVICE(__VERIFIER_nondet_ulong),
    SERVICE(__VERIFIER_nondet_longlong),
    SERVICE(__VERIFIER_nondet_ulonglong),
    SERVICE(__VERIFIER_nondet_size_t),
    SERVICE(__VERIFIER_nondet_pointer),
    SERVICE(__VERIFIER_nondet_float),
    SERVICE(__VERIFIER_nondet_double),
    SERVICE(reach_error),
    SERVICE(__VERIFIER_error),
    SERVICE(__VERIFIER_assert),
    SERVICE(__cyg_profile_func_enter),
    SERVICE(__cyg_profile_func_exit),
    {0},
};
