/* SPDX-License-Identifier: MIT */
/*
 * turns: two threads that are mixed call by call, the same way each time.
 *
 * How       At every intercepted call a thread gives the turn to the other and waits for it to
 *           come back. Nobody waits longer than TURN_MS: a subject may let its calls wait for each
 *           other. Where nothing is intercepted, they just run.
 */
#ifndef HEALD_FAULTS_TURNS_H
#define HEALD_FAULTS_TURNS_H

/* Two run from now on; it is the first one's turn. */
void turns_begin(void);

/* The calling thread is the second: waits for its turn. */
void turns_second(void);

/* At an intercepted call: the other's turn, if there is one. */
void turns_give(void);

/* The calling thread has no call to make any more. */
void turns_returned(void);

void turns_end(void);

#endif
