/* SPDX-License-Identifier: MIT */
/* descriptor_names: see descriptor_names.h. */
#include "calls/descriptor_names.h"

#include <errno.h>
#include <unistd.h>

#include "calls/descriptors.h"
#include "calls/hidden.h"
#include "calls/tables.h"
#include "failure.h"
#include "program/entry.h"
#include "program/runtime.h"

/* A file knows by itself that it is closed. */
static bool is_looked_at(int number) {
    return descriptor_of_file(number) ? the_runtime->doubles_descriptors
                                      : the_runtime->closes_descriptors;
}

bool descriptor_name_is_open(int number, uint32_t site) {
    const char *shown = the_runtime->verb;

    if (!is_looked_at(number))
        return true;
    hidden_verb("");
    bool is_open = !hidden_load(descriptor_name(number), HIDDEN_ALWAYS, site);
    hidden_verb(shown);
    if (!is_open)
        descriptor_fails(EBADF);
    return is_open;
}

bool descriptor_thing_is_there(int number, uint32_t site) {
    if (!is_looked_at(number))
        return true;
    if (the_runtime->doubles_descriptors)
        return hidden_poll_load(descriptor_location(number, MORE), ORDER_ACQUIRE, site) !=
               UINT64_MAX;
    return !hidden_poll_load(descriptor_name(number), ORDER_ACQUIRE, site);
}

enum closing descriptor_name_close(int number, uint32_t site) {
    if (is_looked_at(number) &&
        hidden_rmw(descriptor_name(number), OP_EXCHANGE, 1, HIDDEN_ALWAYS, site))
        return WAS_CLOSED;
    if (!the_runtime->doubles_descriptors)
        return WAS_LAST;
    return hidden_rmw(descriptor_location(number, MORE), OP_SUB, 1, HIDDEN_ALWAYS, site)
               ? OTHERS_STAY
               : WAS_LAST;
}

int descriptor_name_again(int number, uint32_t site) {
    hidden_verb("dup");
    if (number >= 0 && number < DESCRIPTOR_FIRST)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "dup of a standard stream is not modelled");
    if (!descriptor_find(number))
        return (int)descriptor_fails(EBADF);
    if (!descriptor_name_is_open(number, site))
        return -1;
    hidden_rmw(descriptor_location(number, MORE), OP_ADD, 1, HIDDEN_ALWAYS, site);
    return descriptor_make(*descriptor_find(number), site);
}

SERVE(int, dup, (int number)) { return descriptor_name_again(number, SITE); }

/* To a number of the program's choice: what that stood for would change. */
static int to_another(int number, int other, const char *call, uint32_t site) {
    if (number != other)
        runtime_fail(FAILURE_UNSUPPORTED, site,
                     "%s onto another descriptor is not modelled: dup gives a new one",
                     call);
    return descriptor_find(number) ? number : (int)descriptor_fails(EBADF);
}

SERVE(int, dup2, (int number, int other)) {
    return to_another(number, other, "dup2", SITE);
}

SERVE(int, dup3, (int number, int other, int flags)) {
    uint32_t site = SITE;
    (void)flags;
    return number == other ? (int)descriptor_fails(EINVAL)
                           : to_another(number, other, "dup3", site);
}

const struct service descriptor_name_services[] = {
    SERVICE(dup),
    SERVICE(dup2),
    SERVICE(dup3),
    {0},
};
