/* SPDX-License-Identifier: MIT */
/*
 * left: what a transfer leaves changed in its process and at its descriptors.
 *
 * Why       A transfer that keeps SIGPIPE blocked, a socket corked or O_APPEND cleared moves
 *           every byte rightly; it is the next user of the thread or the socket who pays.
 * Looked at the signal mask of the calling thread, the handler of SIGPIPE, all status flags,
 *           time limits of sockets, TCP_CORK and TCP_NODELAY. The fixture sets none of them,
 *           so what is set afterwards was set by the subject.
 * SIGPIPE   may become ignored, since that is how most programs live with it: no finding.
 * Mended    What belongs to the process is put back; descriptors of a failed case are not
 *           used again.
 */
#ifndef HEALD_FAULTS_LEFT_H
#define HEALD_FAULTS_LEFT_H

#include <stdint.h>

/* Remembers mask and handlers before a call: whoever runs cases may have masked signals since the last one. */
void left_begin(void);

/* Clauses broken by the process, which is then as it was: BROKEN_SIGNALS or 0. */
uint32_t left_in_process(void);

/* Clauses broken at one descriptor whose status flags were `before`; -1: it has gone. */
uint32_t left_at(int descriptor, int before, uint8_t is_socket, uint8_t is_tcp);

#endif
