/* SPDX-License-Identifier: MIT */
/*
 * descriptors: which of our own outlive a case, and by what number they are told from those of one.
 *
 * Why       After a case every descriptor that it or the subject opened must be gone. Those that are
 *           kept lie above all that are searched (leaks.h).
 */
#ifndef HEALD_FAULTS_DESCRIPTORS_H
#define HEALD_FAULTS_DESCRIPTORS_H

#include <stdbool.h>

/* Moves a descriptor out of the range that is searched for leaks; -1 stays -1. */
int descriptor_keep(int descriptor);

/* Closes it if it was opened for one case only. */
void descriptor_close_own(int descriptor);
/* Closes one that was kept; it is -1 then. */
void descriptor_close_kept(int *descriptor);

int descriptor_set_waits_never(int descriptor, bool never);
bool descriptor_waits_never(int descriptor);

#endif
