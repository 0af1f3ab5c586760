/* SPDX-License-Identifier: MIT */
/*
 * streams: pipes and sockets between the subject and its peer.
 *
 * Cost      A new socket pair 10 us a case; TCP 31 (one shared listener, and SO_LINGER 0 so that no
 *           TIME_WAIT is left behind).
 */
#ifndef HEALD_FAULTS_STREAMS_H
#define HEALD_FAULTS_STREAMS_H

#include <heald/faults.h>

/* 0, or -1 with errno; what was opened by then stays open, and is closed with the case. */
int stream_pipe(const struct fault_case *the_case, int *reader, int *writer);
int stream_unix(const struct fault_case *the_case, int *near, int *far);
int stream_tcp(const struct fault_case *the_case, int *near, int *far);

#endif
