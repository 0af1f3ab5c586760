/* SPDX-License-Identifier: MIT */
/*
 * serve: many searches of one program, one after the other.
 *
 * Why       Starting a process and loading a program costs more than exploring a small scenario; a
 *           question about orders is a thousand of those.
 * How       This process loads the program and never runs it. Its child does, and answers: a subject's
 *           scenarios one after the other, a whole program once. When the child dies, by a crash or
 *           by its own will, the next one begins where loading ended and does not know.
 * Reads     On standard input, for each search: the length in bytes (32 bits, little endian) of what
 *           follows, then the words of the command line, each with its NUL.
 * Writes    What the search writes, then {"type": "end", "status": N, "processor_s": S}: the exit
 *           status, or minus the signal that killed the child; what the search took.
 * Ends      When standard input does. SIGTERM is passed on to the child, and means its search, be it
 *           begun or not; nobody asks again after that. SIGINT of a terminal reaches it anyway.
 */
#ifndef EXPLORE_SERVE_H
#define EXPLORE_SERVE_H

/* Does not return in the process that loaded. In a child: the words of its first search. */
char **serve(int *count);
/* The search is over and has said everything: the words of the next one. */
char **serve_next(int *count);
/* The search can be asked for an end from now on; what was asked before is told now. */
void serve_listen(void);

#endif
