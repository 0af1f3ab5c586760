/* SPDX-License-Identifier: MIT */
/* subject: the function under test. */
#ifndef HEALD_FAULTS_SUBJECT_H
#define HEALD_FAULTS_SUBJECT_H

#include <heald/faults.h>

#include <sys/types.h>

/* What a subject exports. Both return 0, or -1 with errno; `moved` is exact either way. */
typedef int fault_transfer(int out, int in, off_t *offset, size_t count, size_t *moved);
typedef int fault_fan_out(int out, int copy, int in, size_t count, size_t *moved);

struct subject {
    fault_transfer *transfer; /* one of the two is set, by the shape */
    fault_fan_out *fan_out;
};

#endif
