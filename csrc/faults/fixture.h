/* SPDX-License-Identifier: MIT */
/*
 * fixture: the descriptors of one case, and everything about them that is undone afterwards.
 *
 * Why       Opening is most of a case's cost. So the memory files, /dev/null and the pipes and
 *           Unix sockets that a case leaves empty are kept for the next one (source.h, sink.h,
 *           kept_pair.h, memory_sink.h); a stream source has to end, so it is opened anew.
 */
#ifndef HEALD_FAULTS_FIXTURE_H
#define HEALD_FAULTS_FIXTURE_H

#include "ends.h"
#include <heald/faults.h>

#include <stdbool.h>

struct fixture {
    struct ends source;
    struct ends sink;
    struct ends copy;   /* fan-out: a second pipe to write to; else -1 */
    const char *failed; /* what could not be made; NULL: all well */
};

/* Opens what the case asks for. On failure `failed` names the step and errno says why. */
struct fixture fixture_open(const struct fault_case *the_case);

/* Closes everything that was opened for this case only and, unless the case was clean, what
 * would be kept. */
void fixture_close(struct fixture *fixture, bool clean);

#endif
